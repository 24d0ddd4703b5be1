// What @digitalbazaar/vc says of credentials, one JSON question per line of standard input; README.md of openvc shows their shape.
import {createInterface} from 'node:readline';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite as eddsa} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import canonicalize from 'canonicalize';

const jcs = {...eddsa, name: 'eddsa-jcs-2022', canonize: async document => canonicalize(document)};

// A key is its own document, at either of its two names.
function ofKey(url) {
  const [did] = url.split('#');
  const method = {
    '@context': 'https://w3id.org/security/multikey/v1',
    id: `${did}#${did.slice('did:key:'.length)}`,
    type: 'Multikey',
    controller: did,
    publicKeyMultibase: did.slice('did:key:'.length),
  };
  if(url === method.id) {
    return method;
  }
  return {'@context': 'https://www.w3.org/ns/did/v1', id: did, verificationMethod: [method], assertionMethod: [method.id]};
}

function ofHost(url, published) {
  const [did, fragment] = url.split('#');
  const document = JSON.parse(published[`https://${did.slice('did:web:'.length)}/.well-known/did.json`]);
  if(fragment === undefined) {
    return document;
  }
  const method = document.verificationMethod.find(({id}) => id === url);
  return {'@context': 'https://w3id.org/security/multikey/v1', ...method};
}

async function verdict({credential: text, published, now}) {
  const documentLoader = async url => {
    const found = document => ({contextUrl: null, documentUrl: url, document});
    if(url.startsWith('did:key:')) {
      return found(ofKey(url));
    }
    return url.startsWith('did:web:') ? found(ofHost(url, published)) : vc.defaultDocumentLoader(url);
  };
  const refused = why => ({verdict: 'refused', why: String(why)});
  try {
    const credential = JSON.parse(text);
    await eddsa.canonize(credential, {documentLoader});
    const suite = new DataIntegrityProof({cryptosuite: jcs});
    const {verified, error} = await vc.verifyCredential({credential, suite, documentLoader, now: new Date(now)});
    return verified ? {verdict: 'accepted', why: ''} : refused(error.errors?.join('; ') ?? error);
  } catch(error) {
    return refused(error);
  }
}

for await(const line of createInterface({input: process.stdin})) {
  console.log(JSON.stringify(await verdict(JSON.parse(line))));
}
