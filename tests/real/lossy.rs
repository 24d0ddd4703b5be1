//! A wire that loses answers after the server has given them: the case that decides whether a gig is said twice.

use gigcast::clock::BoxFuture;
use gigcast::failure::{Failure, Why};
use gigcast::ports::{Method, Request, Response, Wire};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub struct Lossy {
    inner: Arc<dyn Wire>,
    /// How the address of what loses its answer ends.
    ending: &'static str,
    left: AtomicUsize,
    /// How often such a request was sent.
    sent: Arc<AtomicUsize>,
}

impl Lossy {
    /// Loses the first answer to a POST of this address, once it was a success. Counts all of them in `sent`.
    pub fn once(inner: Arc<dyn Wire>, ending: &'static str, sent: &Arc<AtomicUsize>) -> Arc<dyn Wire> {
        Arc::new(Self { inner, ending, left: AtomicUsize::new(1), sent: Arc::clone(sent) })
    }
}

impl Wire for Lossy {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        let concerned = request.method == Method::Post && request.url.ends_with(self.ending);
        Box::pin(async move {
            let answer = self.inner.send(request).await?;
            if !concerned {
                return Ok(answer);
            }
            self.sent.fetch_add(1, Ordering::SeqCst);
            assert!(answer.is_success(), "what is lost here was accepted: {} {}", answer.status, answer.excerpt);
            let lose = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
            if lose { Err(Failure::Unknown(Why::new("the answer was lost on its way"))) } else { Ok(answer) }
        })
    }
}
