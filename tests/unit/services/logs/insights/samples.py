"""Queries as people write them: like those of AWS's user guide ("Sample queries", and the pages of each command) and of
the console's query library, in their spelling. One a line."""

from __future__ import annotations

SAMPLES = r"""
fields @timestamp, @message | sort @timestamp desc | limit 25
filter @message like /Exception/ | stats count(*) as exceptionCount by bin(5m)
fields @message | filter @message not like /Exception/
fields @message | filter @message like /Exception/ | stats count(*) as exceptionCount by bin(1h) | sort exceptionCount desc
stats sum(packets) as packetsTransferred by srcAddr, dstAddr | sort packetsTransferred desc | limit 15
stats avg(bytes), min(bytes), max(bytes) by srcAddr, dstAddr
filter @type = "REPORT" | fields @requestId, @billedDuration | sort by @billedDuration desc
filter @type = "REPORT" | stats max(@memorySize / 1000 / 1000) as provisonedMemoryMB, min(@maxMemoryUsed / 1000 / 1000) as smallestMemoryRequestMB, avg(@maxMemoryUsed / 1000 / 1000) as avgMemoryUsedMB, max(@maxMemoryUsed / 1000 / 1000) as maxMemoryUsedMB, provisonedMemoryMB - maxMemoryUsedMB as overProvisionedMB
filter isIpv4InSubnet(srcAddr, "192.0.2.0/24") | fields @timestamp, srcAddr, dstAddr
stats count(*) by queryType
filter (eventName="StartInstances" or eventName="StopInstances") and awsRegion="us-east-2"
filter eventName="CreateUser" | fields awsRegion, requestParameters.userName, responseElements.user.arn
fields @timestamp, status, ip, path, httpMethod | filter status>=400 and status<=499 | sort @timestamp desc | limit 10
filter (dstAddr like 'x.x.x.x' and srcAddr like 'y.y.') | stats sum(bytes) as bytesTransferred by srcAddr, dstAddr | sort bytesTransferred desc | limit 10
fields @message | parse @message "[*] *" as loggingType, loggingMessage | filter loggingType = "ERROR" | display loggingMessage
parse @message "user=*, method:*, latency := *" as @user, @method, @latency | stats avg(@latency) by @method, @user
parse @message /user=(?<user2>.*?), method:(?<method2>.*?), latency := (?<latency2>.*?)/ | stats avg(latency2) by method2, user2
parse @message "*, *" as a, b | stats count(*) by bin(1m) as t, a
fields @timestamp, @logStream, @message, @log | dedup @logStream
fields f1, f2 | filter f1 like /(?i)Exception/
fields f1, f2 | filter f1 =~ /Exception/
fields f1 | filter f1 not in ["a", "b"]
fields coalesce(`a.b`, c) as x, ispresent(d)
filter ispresent(x) or not ispresent(y)
stats count_distinct(ip), earliest(@timestamp), latest(@message) by service
fields (a + b) * c as d, @duration / 1000 as s, abs(-5), 2^3, 7 % 4
stats pct(@duration, 95), pct(@duration, 50) by bin(30s)
filter level = 'ERROR' | stats count(*) as n by bin(5m), service | sort n desc, service asc | limit 10
fields @timestamp | filter @timestamp > 1700000000000
stats count(*) by datefloor(@timestamp, 1h)
fields fromMillis(1700000000000), toMillis(@timestamp)
fields @message | filter @message like "x" | fields strlen(@message) | sort strlen(@message) desc
stats count(*) by bin(5min)
stats avg(x) as avg_x, stddev(x) by bin(1d)
fields @message, @timestamp | sort @timestamp, @message desc
filter fieldA = 1 and (fieldB = "x" or fieldC > 2.5) | limit 5
fields @timestamp, @message, concat(a, "-", b) as ab | filter ab like /-/
filter @logStream = 'abc' | stats count(*) by @logStream
filter kubernetes.pod_name like "x" and `user-agent` = "a"
stats count(kubernetes.pod_name) as pods by kubernetes.namespace_name
filter @requestId = "8c2b0a3d-0000-4000-8000-000000000000"
fields jsonParse(@message) as j | fields j.level, j.items.0.name
filter user.id != ""
stats max(@timestamp) - min(@timestamp) as span by @logStream
fields if(status >= 500, "5xx", "other") as class | stats count(*) by class
fields replace(@message, "a", "b"), trim(@message), ltrim(@message), toupper(level)
filter errorCode in ["AccessDenied"] | stats count(*) as c by eventSource, eventName | sort c desc
stats count(*) as c by eventName | sort c desc | limit 10 | display eventName
filter @type in ["REPORT","START"]
"""  # noqa: E501 - one a line
