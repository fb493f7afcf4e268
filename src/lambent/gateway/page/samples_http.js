// Sample events of HTTP: Function URLs and API Gateway's both payload formats, load balancers, authorizers.

const account = "000000000000";
const region = "us-east-1";
const host = "id.execute-api.us-east-1.amazonaws.com";
const agent = "curl/8.5.0";
const stamp = "01/Jan/2026:12:00:00 +0000";
const ms = 1767268800000;

function second(method, path, more = {}) {
  return {
    version: "2.0", routeKey: "$default", rawPath: path, rawQueryString: "name=ada&name=bob",
    cookies: ["session=1"], headers: { host, accept: "*/*", "user-agent": agent, "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https" },
    queryStringParameters: { name: "ada,bob" },
    requestContext: { accountId: account, apiId: "id", domainName: host, domainPrefix: "id", http: { method, path, protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: agent },
      requestId: "JKJaXmPLvHcESHA=", routeKey: "$default", stage: "$default", time: stamp, timeEpoch: ms },
    isBase64Encoded: false, ...more };
}

function first(method, path, more = {}) {
  return {
    resource: "/{proxy+}", path, httpMethod: method,
    headers: { Host: host, Accept: "*/*", "User-Agent": agent, "X-Forwarded-For": "127.0.0.1" },
    multiValueHeaders: { Host: [host], Accept: ["*/*"], "User-Agent": [agent], "X-Forwarded-For": ["127.0.0.1"] },
    queryStringParameters: { name: "bob" }, multiValueQueryStringParameters: { name: ["ada", "bob"] },
    pathParameters: { proxy: path.slice(1) }, stageVariables: null,
    requestContext: { accountId: account, apiId: "id", domainName: host, domainPrefix: "id", extendedRequestId: "id=", httpMethod: method,
      identity: { sourceIp: "127.0.0.1", userAgent: agent, accessKey: null, accountId: null, caller: null, user: null, userArn: null },
      path: `/prod${path}`, protocol: "HTTP/1.1", requestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", requestTime: stamp, requestTimeEpoch: ms,
      resourceId: "123456", resourcePath: "/{proxy+}", stage: "prod" },
    body: null, isBase64Encoded: false, ...more };
}

const posted = JSON.stringify({ order: "A-1", total: 120.5 });

export const HTTP = {
  "Function URL: GET": second("GET", "/orders"),
  "Function URL: POST": second("POST", "/orders", { body: posted }),
  "API Gateway: REST (format 1.0)": first("POST", "/orders", { body: posted }),
  "API Gateway: HTTP (format 2.0)": second("POST", "/orders", { routeKey: "POST /orders", pathParameters: {}, stageVariables: {}, body: posted }),
  "API Gateway: WebSocket message": {
    requestContext: { routeKey: "$default", messageId: "ISwN3dTkIAMCJJw=", eventType: "MESSAGE", extendedRequestId: "ISwN3FR4oAMFY2g=", requestTime: stamp,
      messageDirection: "IN", stage: "prod", connectedAt: ms - 1000, requestTimeEpoch: ms, identity: { sourceIp: "127.0.0.1" }, requestId: "ISwN3FR4oAMFY2g=",
      domainName: host, connectionId: "ISwNxe2loAMCFuA=", apiId: "id" },
    body: '{"action": "hello"}', isBase64Encoded: false },
  "API Gateway: authorizer (token)": { type: "TOKEN", authorizationToken: "Bearer token", methodArn: `arn:aws:execute-api:${region}:${account}:id/prod/GET/orders` },
  "Load balancer: GET": {
    requestContext: { elb: { targetGroupArn: `arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/orders/6d0ecf831eec9f09` } },
    httpMethod: "GET", path: "/orders", queryStringParameters: { name: "ada" },
    headers: { accept: "*/*", host: "lb.example.com", "user-agent": agent, "x-forwarded-for": "127.0.0.1", "x-forwarded-port": "443", "x-forwarded-proto": "https" },
    body: "", isBase64Encoded: false },
};
