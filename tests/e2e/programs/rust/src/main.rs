// A function built with the runtime library for Rust, for tests/e2e/test_provided.py and test_streaming.py.
use lambda_runtime::streaming::{channel, Body, Response};
use lambda_runtime::{run, service_fn, Error, FunctionResponse, LambdaEvent};
use serde_json::{json, Value};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

static COUNT: AtomicU32 = AtomicU32::new(0);

async fn handle(event: LambdaEvent<Value>) -> Result<FunctionResponse<Value, Body>, Error> {
    let count = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
    match event.payload["do"].as_str() {
        Some("error") => Err("boom".into()),
        Some("panic") => panic!("lost"),
        Some("exit") => std::process::exit(event.payload["code"].as_i64().unwrap_or(1) as i32),
        Some("stream") => Ok(FunctionResponse::StreamingResponse(stream())),
        _ => {
            println!("working");
            let has_deadline = event.context.deadline > 0;
            let answer = json!({"count": count, "id": event.context.request_id, "deadline": has_deadline});
            Ok(FunctionResponse::BufferedResponse(answer))
        }
    }
}

// The last piece is written when the endpoint has answered.
fn stream() -> Response<Body> {
    let (mut sender, body) = channel();
    tokio::spawn(async move {
        sender.send_data("first".into()).await.unwrap();
        ask().await.unwrap();
        sender.send_data("last".into()).await.unwrap();
    });
    Response::from(body)
}

async fn ask() -> std::io::Result<()> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap();
    let mut connection = TcpStream::connect(endpoint.trim_start_matches("http://")).await?;
    connection.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await?;
    connection.read(&mut [0; 1]).await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}
