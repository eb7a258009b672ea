import Orchestration

/// How a try is told.
protocol TryReport: Sendable {
  /// It begins.
  func begin(_ plan: TryPlan)

  /// Something that the model's owner should know.
  func warning(_ text: String)

  /// The model is a step further on its way, or back.
  func phase(_ phase: ModelPhase)

  /// The model can be called.
  func ready(after time: Duration)

  /// A tick is over.
  func tick(_ tick: TryTick)

  /// A predict call is over.
  func answer(_ answer: TryAnswer)

  /// Everything is stopped.
  func end(_ result: TryResult, _ plan: TryPlan)
}
