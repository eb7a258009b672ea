/// The DNS name of a model's TLS server: in its certificate, SNI and `:authority`.
public enum ModelServerName {
  /// `model-node-{model_id}.crunchdao.internal`.
  public static func of(_ modelID: String) -> String { "model-node-\(modelID).crunchdao.internal" }
}
