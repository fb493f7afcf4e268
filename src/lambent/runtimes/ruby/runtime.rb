# frozen_string_literal: true

# The runtime process of a Ruby function: `ruby … runtime.rb`, started by the sandbox for one environment.
#
# Everything in this directory runs inside the sandbox, next to the function's own code, under Ruby 3.0 and later, and
# needs nothing but Ruby's standard library. It loads the handler, hands it one event after the other, and reports
# errors as Lambda does. All but the names that Lambda itself defines is in `LambentRuntime`.

require "json"
require "stringio"
require_relative "logs"

module AwsLambda
  # How events and answers are read and written. Functions may replace these two methods.
  class Marshaller
    class << self
      # `request["Content-Type"]` and `request.body` of an event; returns what the handler gets.
      def marshall_request(request)
        request["Content-Type"] == "application/json" ? JSON.parse(request.body) : request.body
      end

      # Returns the answer's text, or its IO and content type.
      def marshall_response(value)
        case value
        when StringIO, IO then [value, "application/unknown"]
        else value.to_json
        end
      end
    end
  end
end

# What a handler is told about its invocation.
class LambdaContext
  attr_reader :aws_request_id, :invoked_function_arn, :log_group_name, :log_stream_name, :function_name,
              :memory_limit_in_mb, :function_version, :identity, :client_context, :deadline_ms, :tenant_id

  def initialize(event)
    @aws_request_id = event.id
    @deadline_ms = event.deadline
    @invoked_function_arn = event.arn
    @tenant_id = event.tenant
    @identity = JSON.parse(event.identity) if event.identity
    @client_context = JSON.parse(event.client) if event.client
    @function_name = ENV["AWS_LAMBDA_FUNCTION_NAME"]
    @function_version = ENV["AWS_LAMBDA_FUNCTION_VERSION"]
    @memory_limit_in_mb = ENV["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
    @log_group_name = ENV["AWS_LAMBDA_LOG_GROUP_NAME"]
    @log_stream_name = ENV["AWS_LAMBDA_LOG_STREAM_NAME"]
  end

  def get_remaining_time_in_millis
    [@deadline_ms - Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond), 0].max
  end
end

module LambentRuntime
  # One event as the platform sent it.
  Event = Struct.new(:id, :deadline, :arn, :trace, :client, :identity, :tenant, :content_type, :body, keyword_init: true) do
    def [](header)
      header == "Content-Type" ? content_type : nil
    end
  end

  STATUS_OF_INIT_ERROR = 252
  STATUS_OF_CRITICAL_ERROR = 255
  FRAMES_TOLD = 100
  OURS = [__dir__, File.dirname($PROGRAM_NAME)].freeze

  # The method that a handler's name names: `folder/file.method` or `folder/file.Module::Class.method`.
  class Handler
    attr_reader :file

    def initialize(name)
      @file, *owner, @method = name.split(".")
      @owner = owner.first
      return if @method && owner.size < 2

      raise ArgumentError, "Invalid handler #{name.split(".")}, must be of form FILENAME.METHOD or" \
                           " FILENAME.CLASS.METHOD where FILENAME corresponds with an existing Ruby source file" \
                           " FILENAME.rb, CLASS is an optional module/class namespace and METHOD is a callable method." \
                           " If using CLASS, METHOD must be a class-level method."
    end

    def call(event, context)
      target = @owner ? Kernel.const_get(@owner) : Object.new
      target.__send__(@method, event: event, context: context)
    end
  end

  module_function

  def run(root, name)
    connection = connect
    handler = load_handler(root, name) { |error| connection.fail_init(described(error, "Init")) }
    loop { serve(connection, handler, connection.next_event) }
  end

  def connect
    descriptor = ENV.delete("_LAMBENT_CHANNEL_FD")
    if descriptor
      require_relative "framed"
      FramedConnection.new(descriptor.to_i)
    else # under a wrapper script, which may have closed descriptors or put a proxy before the Runtime API
      require_relative "api"
      ApiConnection.new(ENV.fetch("AWS_LAMBDA_RUNTIME_API"))
    end
  end

  def load_handler(root, name)
    $LOAD_PATH.unshift(root) unless $LOAD_PATH.include?(root)
    handler = Handler.new(name)
    require handler.file
    handler
  rescue Exception => e # whatever the function's file raises
    Logs.error("Init error when loading handler #{name}", described(e, "Init"))
    yield e
    exit!(STATUS_OF_INIT_ERROR)
  end

  def serve(connection, handler, event)
    Logs.request_id = event.id
    event.trace ? ENV["_X_AMZN_TRACE_ID"] = event.trace : ENV.delete("_X_AMZN_TRACE_ID")
    answer, content_type = answered(handler, event)
    answer = answer.read if answer.respond_to?(:read)
    connection.respond(event.id, answer, content_type || "application/json")
  rescue Exception => e # an exit, too
    description = described(e, "Function")
    if e.is_a?(StandardError) && !e.is_a?(NameError)
      Logs.error("Error raised from handler method", description)
      connection.fail(event.id, description)
    else
      Logs.error("Critical exception from handler", description)
      connection.fail(event.id, description, final: true)
      exit!(STATUS_OF_CRITICAL_ERROR)
    end
  end

  def answered(handler, event)
    request = AwsLambda::Marshaller.marshall_request(event)
    AwsLambda::Marshaller.marshall_response(handler.call(request, LambdaContext.new(event)))
  end

  # The error as its caller reads it; `stage` is `Init` or `Function`.
  def described(error, stage)
    trace = (error.backtrace || []).first(FRAMES_TOLD).take_while { |line| !line.start_with?(*OURS) }
    { errorMessage: text(error.message), errorType: "#{stage}<#{error.class}>", stackTrace: trace.map { |line| text(line) } }
  end

  # Always valid, whatever bytes a message has.
  def text(value)
    value.to_s.encode("UTF-8", invalid: :replace, undef: :replace).scrub
  end
end

$stdout.sync = true
LambentRuntime::Logs.open
LambentRuntime.run(ENV.fetch("LAMBDA_TASK_ROOT", Dir.pwd), ENV.fetch("_HANDLER", ""))
