public import EventLoop

/// What happens to one model; the input of `ModelSupervisor`.
public enum ModelEvent: Hashable, Sendable {
  /// `models.yml` asks for the model to run as the entry says.
  case wanted(ModelEntry)
  /// `models.yml` asks for the model to run as the entry says, and it may not.
  case refused(ModelEntry, reason: String)
  /// `models.yml` doesn't ask for the model any more.
  case unwanted(reason: String)
  /// The model's environment can be used, or it needs none.
  case environmentReady
  /// The model's environment could not be made.
  case environmentFailed(reason: String)
  /// The process runs; it was given this deployment id and port.
  case started(deploymentID: String, port: UInt16)
  /// No process could be made.
  case startFailed(reason: String)
  /// The health check answered SERVING.
  case healthy
  /// The health check didn't answer SERVING in time.
  case healthTimedOut(reason: String)
  /// The model's front is gone, or never stood.
  case frontEnded(reason: String)
  /// The process ended, and its front with it; `said` is what it wrote last, if that explains
  /// something.
  case exited(ChildExit, said: String = "")
  /// The process uses more than it may, or has stopped itself.
  case exceeded(reason: String)
  /// The back-off is over.
  case backoffElapsed
  /// A coordinator reported the model, and the report was accepted.
  case reported(FailureReport)
  /// The code in the submission's folder became another, and its environment is ready.
  case codeChanged(reason: String)
  /// The orchestrator stops.
  case shutDown
}

/// What is to be done for one model; the output of `ModelSupervisor`.
public enum ModelAction: Hashable, Sendable {
  /// Make the environment of the launch; `environmentReady` or `environmentFailed` follows.
  case prepareEnvironment(ModelLaunch)
  /// Give the preparation up; no event follows.
  case cancelEnvironment
  /// Start a process; `started` or `startFailed` follows, perhaps after others' starts.
  case launch(ModelLaunch)
  /// Give the launch up; no event follows.
  case cancelLaunch
  /// Ask the model's health until it serves; `healthy` or `healthTimedOut` follows. With a front,
  /// `port` is the front's, and `healthy` follows when that stands, too.
  case watchHealth(port: UInt16)
  /// Stop asking.
  case unwatchHealth
  /// End the process, kindly and then by force; `exited` follows.
  case terminate
  /// End the process at once; `exited` follows.
  case kill
  /// Wait; `backoffElapsed` follows.
  case armBackoff(Duration)
  /// Stop waiting.
  case disarmBackoff
  /// Tell the coordinators of a competition.
  case announce(FeedEntry, crunchID: String)
}
