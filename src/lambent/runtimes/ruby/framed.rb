# frozen_string_literal: true

# The platform's private socket: one frame brings an event, one frame answers it and asks for the next.
# `lambent/runtime_api/frames.py` describes the frames; both files must agree.

module LambentRuntime
  class FramedConnection
    INVOKE = 1
    READY = 16
    RESPONSE = 17
    ERROR = 18
    INIT_ERROR = 19
    TOO_LARGE = 20
    HEAD_BYTES = 9
    MAX_PAYLOAD = 6 * 1024 * 1024 + 100
    MAX_TYPE = 256
    READ_BYTES = 64 * 1024

    def initialize(descriptor)
      @socket = IO.for_fd(descriptor, "r+b")
      @socket.sync = @socket.close_on_exec = true
      @started = false
    end

    # Wait for the next event. Ends the process when the platform hangs up.
    def next_event
      unless @started
        @started = true
        @socket.write([1, READY].pack("L>C"))
      end
      event(*receive)
    rescue EOFError, SystemCallError
      exit!(0)
    end

    # Answer with text or bytes; an answer that is too large becomes an error.
    def respond(id, payload, content_type)
      if payload.bytesize > MAX_PAYLOAD
        warn "Failed to post handler success response. Http response code: 413."
        send_frame(TOO_LARGE, { id: id, size: payload.bytesize }, "")
      else
        send_frame(RESPONSE, { id: id, content_type: content_type }, payload)
      end
    end

    # Answer with an error; after a final one the process ends.
    def fail(id, description, final: false)
      send_frame(ERROR, { id: id, type: description[:errorType][0, MAX_TYPE], final: final }, text(description))
    end

    def fail_init(description)
      send_frame(INIT_ERROR, { type: description[:errorType][0, MAX_TYPE] }, text(description))
    end

    private

    def receive
      data = @socket.readpartial(READ_BYTES)
      data << @socket.readpartial(READ_BYTES) while data.bytesize < HEAD_BYTES
      length, kind, meta = data.unpack("L>CL>")
      exit!(0) unless kind == INVOKE
      missing = length + 4 - data.bytesize
      data << @socket.read(missing).to_s if missing.positive?
      [data.byteslice(HEAD_BYTES, meta), data.byteslice(HEAD_BYTES + meta..)]
    end

    def event(meta, body)
      told = JSON.parse(meta)
      Event.new(
        id: told["id"], deadline: told["deadline"], arn: told["arn"], trace: told["trace"], client: told["client"],
        identity: told["identity"], tenant: told["tenant"], content_type: told["content_type"] || "application/json",
        body: body.force_encoding(Encoding::UTF_8)
      )
    end

    def send_frame(kind, meta, payload)
      text = JSON.generate(meta)
      head = [5 + text.bytesize + payload.bytesize, kind, text.bytesize].pack("L>CL>")
      @socket.write(head + text.b + payload.b)
    rescue SystemCallError
      exit!(0)
    end

    # The description as JSON, short enough to be sent: then without its trace.
    def text(description)
      whole = JSON.generate(description)
      return whole if whole.bytesize <= MAX_PAYLOAD

      JSON.generate({ **description, errorMessage: description[:errorMessage][0, READ_BYTES], stackTrace: [] })
    end
  end
end
