import Competition
import Orchestration

/// The deployment API's door: its questions reach the orchestrator on the orchestrator's thread.
extension OrchestratorService: DeploymentDoor {
  func models() -> [DeployedModel] { orchestrator?.deployments ?? [] }

  func obstacle() -> String? {
    guard let orchestrator else { return "the orchestrator stops" }
    return orchestrator.deploymentObstacle
  }

  func add(_ new: NewDeployment) -> Result<DeployedModel, DeploymentFault> {
    answer { orchestrator throws(DeploymentFault) in try orchestrator.add(new) }
  }

  func change(
    _ id: ModelID, _ change: DeploymentChange
  ) -> Result<ChangedDeployment, DeploymentFault> {
    answer { orchestrator throws(DeploymentFault) in try orchestrator.change(id, change) }
  }

  func remove(_ id: ModelID) -> Result<[String], DeploymentFault> {
    answer { orchestrator throws(DeploymentFault) in try orchestrator.remove(id) }
  }

  func logFile(_ job: LogJob) -> String? { orchestrator?.logFile(job) }

  private func answer<Value>(
    _ body: (Orchestrator) throws(DeploymentFault) -> Value
  ) -> Result<Value, DeploymentFault> {
    Result { () throws(DeploymentFault) in
      guard let orchestrator else { throw DeploymentFault(.conflict, "the orchestrator stops") }
      return try body(orchestrator)
    }
  }
}
