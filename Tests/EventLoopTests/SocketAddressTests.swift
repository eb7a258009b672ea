import EventLoop
import Testing

@Test(arguments: [
  ("127.0.0.1", true), ("127.9.8.7", true), ("::1", true), ("::ffff:127.0.0.1", true),
  ("126.0.0.1", false), ("0.0.0.0", false), ("192.0.2.2", false), ("::", false), ("::2", false),
  ("1::1", false), ("::ffff:192.0.2.2", false), ("7f00::1", false),
])
func loopbackAddressesAreKnown(host: String, isLoopback: Bool) throws {
  let address = try #require(SocketAddress(host: host, port: 80))
  #expect(address.isLoopback == isLoopback)
}
