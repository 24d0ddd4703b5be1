//! What a person says that they offer, on their page: for themselves, and for posters who are signed in. Whoever refuses to be listed has no page.

use super::SignedIn;
use crate::person::Role;
use crate::ports::StoreError;
use crate::trust::Party;
use crate::web::Public;

/// What is said, by name; nothing for visitors who are not shown it, and where nothing is said.
pub async fn stated(
    public: &Public,
    party: Party,
    visitor: Option<&SignedIn>,
) -> Result<Vec<(&'static str, String)>, StoreError> {
    let Party::Person(person) = party else { return Ok(Vec::new()) };
    let may_see = |signed: &SignedIn| signed.person.role == Role::Poster || signed.person.id == person;
    if !visitor.is_some_and(may_see) {
        return Ok(Vec::new());
    }
    let Some(said) = public.ledger.statements(person).await? else { return Ok(Vec::new()) };
    let label = |slug: &String| public.taxonomy.label(slug).unwrap_or(slug).to_owned();
    let kinds: Vec<String> = said.categories.iter().map(label).collect();
    let mut all = vec![
        ("Kinds of work", kinds.join(", ")),
        ("Skills", said.skills.join(", ")),
        ("Languages", said.languages.join(", ")),
        ("Places", said.places.join(", ")),
        ("Availability", said.availability.words().to_owned()),
    ];
    all.retain(|(_, said)| !said.is_empty());
    Ok(all)
}
