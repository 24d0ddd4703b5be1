//! Carries what the `oauth2` crate asks over our own wire, so that its requests have the same caps, guard and redaction as all
//! others. The crate writes the form and reads the answer; who we are is added in [`Asking`].

use super::asking::{Answered, Asking};
use crate::clock::BoxFuture;
use crate::failure::{Failure, Why};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use std::sync::{Mutex, PoisonError};
use thiserror::Error;
use url::form_urlencoded;

pub(super) struct Http<'a> {
    asking: &'a Asking<'a>,
    /// The answer as the wire had it. What the crate makes of it lacks the headers.
    answered: Mutex<Option<Answered>>,
}

/// No answer came.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct NoAnswer(pub(super) Failure);

impl<'a> Http<'a> {
    pub(super) fn new(asking: &'a Asking<'a>) -> Self {
        Self { asking, answered: Mutex::new(None) }
    }

    pub(super) fn into_answer(self) -> Option<Answered> {
        self.answered.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    async fn carry(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let asked = form_urlencoded::parse(request.body()).into_owned();
        // The crate's own word on who we are; ours is the whole of it.
        let form = asked.filter(|(name, _)| name != "client_id").collect();
        let answered = self.asking.post(&request.uri().to_string(), &form).await.map_err(NoAnswer)?;
        let mut answer = HttpResponse::new(answered.response.body.to_vec());
        let no_status = |_| NoAnswer(Failure::Unknown(Why::new("the authorization server answered with no status")));
        *answer.status_mut() = http::StatusCode::from_u16(answered.response.status).map_err(no_status)?;
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(answered);
        Ok(answer)
    }
}

impl<'c> AsyncHttpClient<'c> for Http<'_> {
    type Error = NoAnswer;
    type Future = BoxFuture<'c, Result<HttpResponse, NoAnswer>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.carry(request))
    }
}
