//! `gigcast sandbox`: a small social network on this machine, by itself.

use super::Failed;
use super::run::{runtime, stop_on_signal};
use crate::sandbox::{Lively, Sandbox, Settings};
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Address and port to listen on; loopback only, since it has no passwords
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8430")]
    listen: SocketAddr,
    /// Let its inhabitants reshare and vouch by themselves; the same number gives the same acts
    #[arg(long, value_name = "NUMBER")]
    lively: Option<u64>,
}

pub(super) fn run(options: &Options) -> Result<(), Failed> {
    runtime()?.block_on(async {
        let refused = |cause| Failed::new(format!("the sandbox cannot listen on {}: {cause}", options.listen));
        let listener = TcpListener::bind(options.listen).await.map_err(refused)?;
        let lively = options.lively.map_or(Lively::No, |seed| Lively::Yes { seed });
        let sandbox = Sandbox::start(listener, Settings { lively, ..Settings::default() }).map_err(refused)?;
        anstream::println!("The sandbox is at {}. Stop it with Ctrl-C; it forgets everything then.", sandbox.url);
        let stop = CancellationToken::new();
        stop_on_signal(stop.clone(), || {}, || {})?;
        stop.cancelled().await;
        sandbox.shutdown().await.map_err(|cause| Failed::new(format!("the sandbox ended badly: {cause}")))
    })
}
