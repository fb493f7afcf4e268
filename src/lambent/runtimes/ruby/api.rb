# frozen_string_literal: true

# The Runtime API over HTTP, for a runtime that a wrapper script started. Same methods as FramedConnection.

require "net/http"

module LambentRuntime
  class ApiConnection
    ROOT = "/2018-06-01/runtime"
    FOR_EVER = 1_000_000_000

    def initialize(address)
      host, port = address.split(":")
      @http = Net::HTTP.new(host, port.to_i)
      @http.read_timeout = nil
      @http.keep_alive_timeout = FOR_EVER
      @http.max_retries = 0
    end

    def next_event
      response = request(Net::HTTP::Get.new("#{ROOT}/invocation/next"))
      Event.new(
        id: response["Lambda-Runtime-Aws-Request-Id"],
        deadline: response["Lambda-Runtime-Deadline-Ms"].to_i,
        arn: response["Lambda-Runtime-Invoked-Function-Arn"],
        trace: response["Lambda-Runtime-Trace-Id"],
        client: response["Lambda-Runtime-Client-Context"],
        identity: response["Lambda-Runtime-Cognito-Identity"],
        tenant: response["Lambda-Runtime-Aws-Tenant-Id"],
        content_type: response["Content-Type"],
        body: response.body.force_encoding(Encoding::UTF_8)
      )
    end

    def respond(id, payload, content_type)
      response = post("/invocation/#{id}/response", payload, "Content-Type" => content_type)
      return if response.code == "202"

      warn "Failed to post handler success response. Http response code: #{response.code}."
    end

    # After a final error the process just ends: that it does not ask for a next event says so.
    def fail(id, description, final: false)
      post("/invocation/#{id}/error", JSON.generate(description), described(description))
    end

    def fail_init(description)
      post("/init/error", JSON.generate(description), described(description))
    end

    private

    def described(description)
      { "Content-Type" => "application/json", "Lambda-Runtime-Function-Error-Type" => description[:errorType] }
    end

    def post(path, payload, headers)
      message = Net::HTTP::Post.new(ROOT + path, headers)
      message.body = payload
      request(message)
    end

    # One connection, kept.
    def request(message)
      @http.start unless @http.started?
      @http.request(message)
    end
  end
end
