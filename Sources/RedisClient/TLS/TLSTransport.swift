import NIOCore
import NIOSSL
import Synchronization

/// What all connections to one side share: its settings, and a context made of its files. Making one is dear, so it is
/// kept until a file has changed.
package final class TLSTransport: Sendable {
    private struct Made {
        let stamps: [String: TLSFileStamp]
        let context: NIOSSLContext
    }

    package let settings: TLSSettings
    private let made = Mutex<Made?>(nil)

    package init(_ settings: TLSSettings) {
        self.settings = settings
    }

    /// Reads files where they have changed: not for an event loop.
    func context() throws(TLSFault) -> NIOSSLContext {
        // Before the files are read: what is replaced meanwhile is read again the next time.
        let stamps = TLSFileStamp.all(settings)
        if let kept = made.withLock({ $0 }), kept.stamps == stamps { return kept.context }
        let context = try TLSMaterial(settings: settings).context()
        made.withLock { $0 = Made(stamps: stamps, context: context) }
        return context
    }

    /// What the certificate must be made out for, and what SNI says; nil for the IP address that is connected to.
    func serverName(_ host: String) -> String? {
        if let name = settings.serverName { return name }
        return (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }
}
