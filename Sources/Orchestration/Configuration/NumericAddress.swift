import EventLoop

/// Whether a text is an IPv4 or IPv6 address in numbers.
enum NumericAddress {
  static func isValid(_ text: String) -> Bool { SocketAddress(host: text, port: 0) != nil }
}
