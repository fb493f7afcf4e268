// Sample events, in the shapes that the services send: those of messages and records here, those of HTTP beside.

import { HTTP } from "./samples_http.js";

const at = "2026-01-01T12:00:00.000Z";
const second = "2026-01-01T12:00:00Z";
const ms = 1767268800000;
const account = "000000000000";
const region = "us-east-1";
const arn = (service, rest) => `arn:aws:${service}:${region}:${account}:${rest}`;
const id = (last) => `7d0f2a3e-5b1c-4c57-9a53-0d6e4b1f00${last}`;
const digest = "5eb63bbbe01eeed093cb22bb8f5acdc3"; // MD5 of "hello world"

function message(body, last, more = {}) {
  return {
    messageId: id(last), receiptHandle: `handle-${last}`, body,
    attributes: { ApproximateReceiveCount: "1", SentTimestamp: String(ms), SenderId: "AIDAIENQZJOLO23YVJ4VO", ApproximateFirstReceiveTimestamp: String(ms + 5), ...more },
    messageAttributes: { kind: { stringValue: "greeting", stringListValues: [], binaryListValues: [], dataType: "String" } },
    md5OfBody: digest, eventSource: "aws:sqs", eventSourceARN: arn("sqs", more.MessageGroupId ? "orders.fifo" : "orders"), awsRegion: region };
}

function notification(text) {
  return {
    Type: "Notification", MessageId: id("20"), TopicArn: arn("sns", "order-placed"), Subject: "An order", Message: text, Timestamp: at,
    SignatureVersion: "1", Signature: "c2lnbmF0dXJl", SigningCertUrl: "https://sns.us-east-1.amazonaws.com/certificate.pem",
    UnsubscribeUrl: "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
    MessageAttributes: { country: { Type: "String", Value: "DE" } } };
}

function object(name, more) {
  return {
    eventVersion: "2.1", eventSource: "aws:s3", awsRegion: region, eventTime: at, eventName: name,
    userIdentity: { principalId: "AIDAIENQZJOLO23YVJ4VO" }, requestParameters: { sourceIPAddress: "127.0.0.1" },
    responseElements: { "x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD" },
    s3: { s3SchemaVersion: "1.0", configurationId: "uploads",
      bucket: { name: "pictures", ownerIdentity: { principalId: "A3NL1KOZZKExample" }, arn: "arn:aws:s3:::pictures" },
      object: { key: "2026/cat+on+a+wall.png", versionId: "096fKKXTRTtl3on89fVO.nfljtsv6qko", sequencer: "0055AED6DCD90281E5", ...more } } };
}

const event = (type, source, resources, detail) => ({
  version: "0", id: id("30"), "detail-type": type, source, account, time: second, region, resources, detail });

const row = (name, image, last) => ({
  eventID: `c81e728d9d4c2f636f067f89cc14862${last}`, eventName: name, eventVersion: "1.1", eventSource: "aws:dynamodb", awsRegion: region,
  dynamodb: { ApproximateCreationDateTime: ms / 1000, Keys: { id: { S: "A-1" } }, ...image, SequenceNumber: `11110000000000001234${last}`, SizeBytes: 59, StreamViewType: "NEW_AND_OLD_IMAGES" },
  eventSourceARN: arn("dynamodb", "table/orders/stream/2026-01-01T00:00:00.000") });

const logged = [ // {"messageType": "DATA_MESSAGE", ...}, packed by gzip
  "H4sIAAAAAAACA51QwYqDMBD9FQk9djFqV623QFMvXQrqTaREne0G1EgSW5bSf9/RpVB67DCHmfeG95h3Iz0YI85Q/I5AErJjBTt98TxnKSdroq4DaITpUyHcqXOq1TQi44qrcTvR161wlW5Bm38+tx",
  "pEjwc+9UOXenOXqwMreF5U1PODzWcYxVtRNy18v+4oYabaNFqOVqphLzs7CyclAa0VTtXiwS8w2Bm+EdmiVUDfK7SzEnOwoseXvCiM/DCOF2r9yAflS55lx6xyBuWYqflxlncTh3145F7d/wAifZSS",
  "SgEAAA==",
].join("");

export const SAMPLES = {
  "Hello": { key1: "value1", key2: "value2", key3: "value3" },
  "Empty": {},
  ...HTTP,
  "SQS: messages": { Records: [message("hello world", "10"), message("hello world", "11")] },
  "SQS: FIFO message": { Records: [message("hello world", "12", { SequenceNumber: "18849496460467696128", MessageGroupId: "A-1", MessageDeduplicationId: "A-1-1" })] },
  "SNS: notification": { Records: [{
    EventVersion: "1.0", EventSource: "aws:sns", EventSubscriptionArn: arn("sns", `order-placed:${id("21")}`), Sns: notification("hello world") }] },
  "SQS: notification from SNS": { Records: [message(JSON.stringify(notification("hello world")), "13")] },
  "S3: object created": { Records: [object("ObjectCreated:Put", { size: 1024, eTag: digest })] },
  "S3: object removed": { Records: [object("ObjectRemoved:Delete", {})] },
  "EventBridge: schedule": event("Scheduled Event", "aws.events", [arn("events", "rule/every-night")], {}),
  "EventBridge: event of one's own": event("OrderPlaced", "shop.orders", [], { order: "A-1", total: 120.5, items: [{ sku: "S-1", count: 2 }] }),
  "EventBridge: object created": event("Object Created", "aws.s3", ["arn:aws:s3:::pictures"], {
    version: "0", bucket: { name: "pictures" }, object: { key: "2026/cat.png", size: 1024, etag: digest, sequencer: "0055AED6DCD90281E5" },
    "request-id": "C3D13FE58DE4C810", requester: account, "source-ip-address": "127.0.0.1", reason: "PutObject" }),
  "DynamoDB: stream": { Records: [
    row("INSERT", { NewImage: { id: { S: "A-1" }, total: { N: "120.5" }, paid: { BOOL: false } } }, "1"),
    row("MODIFY", { OldImage: { id: { S: "A-1" }, paid: { BOOL: false } }, NewImage: { id: { S: "A-1" }, paid: { BOOL: true } } }, "2"),
    row("REMOVE", { OldImage: { id: { S: "A-1" } } }, "3")] },
  "Kinesis: records": { Records: [{
    kinesis: { kinesisSchemaVersion: "1.0", partitionKey: "A-1", sequenceNumber: "49590338271490256608559692538361571095921575989136588898",
      data: btoa("hello world"), approximateArrivalTimestamp: ms / 1000 },
    eventSource: "aws:kinesis", eventVersion: "1.0", eventID: "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
    eventName: "aws:kinesis:record", invokeIdentityArn: `arn:aws:iam::${account}:role/worker`, awsRegion: region, eventSourceARN: arn("kinesis", "stream/orders") }] },
  "Kafka: records": { eventSource: "SelfManagedKafka", bootstrapServers: "127.0.0.1:9092", records: { "orders-0": [{
    topic: "orders", partition: 0, offset: 15, timestamp: ms, timestampType: "CREATE_TIME", key: btoa("A-1"), value: btoa('{"total": 120.5}'),
    headers: [{ kind: [...new TextEncoder().encode("greeting")] }] }] } },
  "RabbitMQ: messages": { eventSource: "aws:rmq", eventSourceArn: arn("mq", `broker:broker:b-${id("40")}`), rmqMessagesByQueue: { "orders::/": [{
    basicProperties: { contentType: "text/plain", contentEncoding: null, headers: {}, deliveryMode: 1, priority: 34, correlationId: null, replyTo: null,
      expiration: "60000", messageId: null, timestamp: "Jan 1, 2026, 12:00:00 PM", type: null, userId: "guest", appId: null, clusterId: null, bodySize: 11 },
    redelivered: false, data: btoa("hello world") }] } },
  "CloudWatch Logs: subscription": { awslogs: { data: logged } },
  "CloudWatch: alarm": {
    source: "aws.cloudwatch", alarmArn: arn("cloudwatch", "alarm:errors"), accountId: account, time: at, region, alarmData: {
      alarmName: "errors", state: { value: "ALARM", reason: "Threshold Crossed", timestamp: at },
      previousState: { value: "OK", reason: "Threshold not crossed", timestamp: at },
      configuration: { metrics: [{ id: "m1", metricStat: { metric: { namespace: "AWS/Lambda", name: "Errors", dimensions: { FunctionName: "orders" } },
        period: 60, stat: "Sum" }, returnData: true }] } } },
  "Secrets Manager: rotation": { SecretId: arn("secretsmanager", "secret:prod/database-AbCdEf"), ClientRequestToken: id("50"), Step: "createSecret" },
  "Cognito: before sign-up": {
    version: "1", triggerSource: "PreSignUp_SignUp", region, userPoolId: `${region}_example`, userName: "ada", callerContext: { awsSdkVersion: "3", clientId: "client" },
    request: { userAttributes: { email: "ada@example.com" }, validationData: null }, response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false } },
};
