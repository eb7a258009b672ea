import ModelRunner

/// What `updraft call` is to do.
struct CallPlan: Sendable {
  /// The call, the same for all models and rounds.
  let call: EncodedCall
  /// The deadline of a round.
  let timeout: Duration
  /// How many rounds; nil for no end.
  var rounds: Int? = 1
  /// The time from the start of one round to that of the next; a longer round is not cut by it.
  var interval = Duration.zero
  /// Whether the rounds keep to the schedule of the first: one that begins late doesn't shift those
  /// after it, and they are not run twice to catch up with the clock, but one right after another.
  var isOpenLoop = false
  /// How long the models are waited for at the start.
  var connectWait = Duration.seconds(10)

  /// A plan of one round.
  init(call: EncodedCall, timeout: Duration) {
    self.call = call
    self.timeout = timeout
  }
}
