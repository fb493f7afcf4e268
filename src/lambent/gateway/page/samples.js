// Sample events, as small as they can be and still have the shape of what the service sends.

const at = "2026-01-01T00:00:00.000Z";

export const SAMPLES = {
  "Empty": {},
  "Hello": { key1: "value1", key2: "value2", key3: "value3" },
  "SQS: one message": { Records: [{
    messageId: "19dd0b57-b21e-4ac1-bd88-01bbb068cb78", receiptHandle: "handle", body: "Hello from SQS",
    attributes: { ApproximateReceiveCount: "1", SentTimestamp: "1767225600000", SenderId: "000000000000",
      ApproximateFirstReceiveTimestamp: "1767225600001" },
    messageAttributes: {}, md5OfBody: "dc0a1d22d1bb9ca04ff84a9c1d2a1b2e", eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:queue", awsRegion: "us-east-1" }] },
  "SNS: one notification": { Records: [{
    EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn: "arn:aws:sns:us-east-1:000000000000:topic:1",
    Sns: { Type: "Notification", MessageId: "95df01b4-ee98-5cb9-9903-4c221d41eb5e", Subject: "Subject",
      TopicArn: "arn:aws:sns:us-east-1:000000000000:topic", Message: "Hello from SNS", Timestamp: at, MessageAttributes: {} } }] },
  "S3: object created": { Records: [{
    eventVersion: "2.1", eventSource: "aws:s3", awsRegion: "us-east-1", eventTime: at, eventName: "ObjectCreated:Put",
    s3: { s3SchemaVersion: "1.0", bucket: { name: "bucket", arn: "arn:aws:s3:::bucket" },
      object: { key: "folder/file.txt", size: 1024, eTag: "0123456789abcdef0123456789abcdef" } } }] },
  "EventBridge: schedule": {
    version: "0", id: "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event", source: "aws.events",
    account: "000000000000", time: at, region: "us-east-1", resources: ["arn:aws:events:us-east-1:000000000000:rule/rule"], detail: {} },
  "Function URL: GET": {
    version: "2.0", routeKey: "$default", rawPath: "/path", rawQueryString: "name=value", headers: { host: "localhost" },
    queryStringParameters: { name: "value" }, isBase64Encoded: false,
    requestContext: { http: { method: "GET", path: "/path", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "page" },
      requestId: "id", routeKey: "$default", stage: "$default", time: "01/Jan/2026:00:00:00 +0000", timeEpoch: 1767225600000 } },
};
