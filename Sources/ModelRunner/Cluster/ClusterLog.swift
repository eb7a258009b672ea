internal import Competition
internal import Logging

/// Writes an event as the operator should read it: state changes at notice, trouble at warning.
func log(_ event: ClusterEvent, to logger: Logger) {
  switch event {
  case .orchestratorConnected: logger.notice("orchestrator connected")
  case .orchestratorLost(let reason, let delay):
    logger.warning(
      "orchestrator away; models stay connected",
      metadata: ["reason": "\(reason)", "retry_after": "\(delay.text)"])
  case .entrySkipped(let text): logger.warning("skipped", metadata: ["what": "\(text)"])
  case .modelReady(let model):
    logger.debug("model ready", metadata: metadata(model))
  case .modelLost(let model, let reason):
    logger.notice("model lost", metadata: metadata(model, reason))
  case .modelNotReady(let model, let reason, let delay):
    var fields = metadata(model, reason)
    fields["retry_after"] = "\(delay.text)"
    logger.notice("model not ready", metadata: fields)
  case .modelClosed(let model, let reason):
    logger.debug("model closed", metadata: metadata(model, reason))
  case .modelReported(let report): logger.warning("model reported", metadata: metadata(report))
  case .reportWithheld(let report):
    logger.warning("model not reported: reports are off", metadata: metadata(report))
  case .setupPanic(let text):
    logger.error("models can't be set up; nobody is reported", metadata: ["why": "\(text)"])
  case .modelsRefused(let ids, let reason):
    logger.warning(
      "models refused", metadata: ["models": "\(nameSome(ids))", "reason": "\(reason)"])
  case .outOfDescriptors:
    logger.error(
      "out of file descriptors: models wait to be connected",
      metadata: ["remedy": "raise the limit (ulimit -n, LimitNOFILE=) or lower limits.models_max"])
  case .panic(let text):
    logger.error("nobody is blamed for this round", metadata: ["why": "\(text)"])
  }
}

private func metadata(_ model: ModelDescription, _ reason: String? = nil) -> Logger.Metadata {
  var fields: Logger.Metadata = [
    "model_id": "\(model.modelID)", "address": "\(model.host):\(model.port)",
  ]
  if let reason { fields["reason"] = "\(reason)" }
  return fields
}

private func metadata(_ report: FailureReport) -> Logger.Metadata {
  [
    "model_id": "\(report.modelID)", "code": "\(report.code.rawValue)",
    "reason": "\(report.reason)",
  ]
}
