# frozen_string_literal: true

# What a Ruby function logs: `puts` and standard loggers write one event a call, through the framed log descriptor.

require "json"
require "logger"

module LambentRuntime
  module Logs
    FRAME = 0xa55a0003

    # A device for loggers: what is written at once is one event.
    class Device < Logger::LogDevice
      def initialize(file) # it has neither a name nor a rotation, which are the superclass's business
        @file = file
      end

      def write(message)
        bytes = message.to_s.b
        microseconds = Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)
        @file.write([FRAME, bytes.bytesize, microseconds].pack("L>L>Q>") + bytes)
      end

      def reopen(_log = nil); end

      def close; end
    end

    # The text format: Ruby's own with the request's id.
    class TextFormatter < Logger::Formatter
      def call(severity, time, progname, message)
        moment = format_datetime(time)
        head = "#{severity[0]}, [#{moment} ##{Process.pid}] #{severity.rjust(5)} #{Logs.request_id}"
        "#{LambentRuntime.text("#{head} -- #{progname}: #{msg2str(message)}")}\n"
      end
    end

    # The JSON format.
    class JsonFormatter < Logger::Formatter
      def call(severity, time, progname, message)
        error = message.is_a?(Exception) ? message : nil
        line = {
          timestamp: time.utc.strftime("%Y-%m-%dT%H:%M:%S.%6NZ"),
          level: severity,
          message: LambentRuntime.text(error ? error.message : msg2str(message)),
          requestId: Logs.request_id,
          logger: progname && LambentRuntime.text(progname),
          **(error ? told(error) : {})
        }
        "#{JSON.generate(line.compact)}\n"
      end

      private

      def told(error)
        lines = (error.backtrace || []).map { |line| LambentRuntime.text(line) }
        { errorType: error.class.to_s, errorMessage: LambentRuntime.text(error.message), stackTrace: lines }
      end
    end

    # Loggers of the standard streams, as functions make them, write to our device in Lambda's format.
    module Redirected
      def initialize(device = nil, *rest, level: Logs.level, **options)
        return super unless [nil, $stdout, $stderr].include?(device)

        super(Logs.device, *rest, level: level, **options)
        @default_formatter = Logs.formatter
      end
    end

    class << self
      attr_accessor :request_id
      attr_reader :device, :formatter

      def open
        @formatter = json? ? JsonFormatter.new : TextFormatter.new
        descriptor, pipe = ENV.delete("_LAMBDA_TELEMETRY_LOG_FD"), ENV.delete("_LAMBENT_LOG_PIPE")
        return unless descriptor && there?(descriptor, pipe)

        file = IO.for_fd(descriptor.to_i, "wb")
        file.sync = file.close_on_exec = true
        @device = Device.new(file)
        Logger.prepend(Redirected)
        Kernel.module_eval do
          def puts(*values)
            LambentRuntime::Logs.device.write(values.flatten.map { |value| LambentRuntime.text(value) }.join("\n"))
            nil
          end
        end
      end

      def level
        json? ? ENV.fetch("AWS_LAMBDA_LOG_LEVEL", "DEBUG").sub("TRACE", "DEBUG") : Logger::DEBUG
      end

      # An error that the runtime reports.
      def error(title, description)
        puts title
        puts JSON.pretty_generate(description)
      end

      private

      # A wrapper script (the only case where the pipe itself is named) may have closed it, and Ruby have taken its number.
      def there?(descriptor, pipe)
        pipe.nil? || File.stat("/proc/self/fd/#{descriptor}").ino.to_s == pipe
      rescue SystemCallError
        false
      end

      def json?
        ENV["AWS_LAMBDA_LOG_FORMAT"] == "JSON"
      end
    end
  end
end
