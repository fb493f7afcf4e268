// A function built with the runtime library for Rust, for tests/e2e/test_provided.py.
use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use serde_json::{json, Value};
use std::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(0);

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let count = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
    match event.payload["do"].as_str() {
        Some("error") => Err("boom".into()),
        Some("panic") => panic!("lost"),
        Some("exit") => std::process::exit(event.payload["code"].as_i64().unwrap_or(1) as i32),
        _ => {
            println!("working");
            let has_deadline = event.context.deadline > 0;
            Ok(json!({"count": count, "id": event.context.request_id, "deadline": has_deadline}))
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}
