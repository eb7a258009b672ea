/// The files of secure mode (`tls`) and of gateway mode (`gateway`); both at once are refused.
public struct SecuritySettings: Hashable, Sendable {
  /// `tls.dir`: the folder with `ca.crt`, `tls.crt` and `tls.key`. Default none: no secure mode.
  public var tlsDirectory: String?
  /// `gateway.key`: the PEM file of the coordinator's RSA key. Default none: no gateway mode.
  public var gatewayKeyFile: String?
  /// `gateway.ca`: a PEM file of CAs to trust instead of the system's. Default none.
  public var gatewayCAFile: String?

  /// The default settings.
  public init() {}

  static func read(_ root: SettingSection) -> SecuritySettings {
    var settings = SecuritySettings()
    settings.tlsDirectory = root.section("tls") { $0.optionalText("dir") }
    root.section("gateway") { section in
      settings.gatewayKeyFile = section.optionalText("key")
      settings.gatewayCAFile = section.optionalText("ca")
      if settings.gatewayCAFile != nil, settings.gatewayKeyFile == nil {
        section.report("ca", "needs gateway.key; set it or remove this")
      }
      if settings.gatewayKeyFile != nil, settings.tlsDirectory != nil {
        section.report("key", "can't be used together with tls.dir; choose one of the two modes")
      }
    }
    return settings
  }
}
