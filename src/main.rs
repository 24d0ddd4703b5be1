//! Arguments in, exit code out; all else is in [`gigcast::cli`].

fn main() -> std::process::ExitCode {
    gigcast::cli::main()
}
