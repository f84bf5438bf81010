import NIOCore
import NIOSSL
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A second look at a certificate that was refused: BoringSSL says only that it was. Nothing is sent to the server, and
/// the connection is never used.
struct TLSInspection: Sendable {
    /// What the server shows of itself.
    private struct Shown: Sendable {
        let notBefore: Int
        let notAfter: Int
        let issuer: String?
    }

    let endpoint: RedisEndpoint
    let tls: TLSTransport
    let group: any EventLoopGroup

    /// Why the certificate was refused; nil where that cannot be seen.
    func verdict(timeout: TimeAmount) async -> TLSFault? {
        let shown = Mutex<[Shown]>([])
        await look(timeout: timeout) { chain in shown.withLock { $0 = chain } }
        let chain = shown.withLock { $0 }
        guard !chain.isEmpty else { return nil }
        let now = time(nil)
        if let old = chain.first(where: { $0.notAfter < now }) {
            return TLSFault(.server, "its certificate has expired on \(Self.day(old.notAfter)); renew it there")
        }
        if let early = chain.first(where: { $0.notBefore > now }) {
            let day = Self.day(early.notBefore)
            return TLSFault(.server, "its certificate is valid only from \(day) on; look at this machine's clock")
        }
        let issuer = chain.last?.issuer.map { " ('\($0)')" } ?? ""
        let option = tls.settings.option("cacert")
        return TLSFault(.server, "its certificate is signed by an unknown CA\(issuer); give the CA's with \(option)")
    }

    private func look(timeout: TimeAmount, _ tell: @escaping @Sendable ([Shown]) -> Void) async {
        guard let context = try? tls.context() else { return }
        let name = tls.serverName(endpoint.host)
        let over = group.any().makePromise(of: Void.self)
        let channel = try? await RedisBootstrap.open(endpoint, on: group, timeout: timeout) { channel in
            let pipeline = channel.pipeline.syncOperations
            let handler = try NIOSSLClientHandler(
                context: context,
                serverHostname: name,
                customVerificationCallback: { certificates, promise in
                    tell(certificates.map(Self.shown))
                    promise.succeed(.failed)
                    over.succeed()
                }
            )
            try pipeline.addHandler(handler)
        }
        guard let channel else {
            over.succeed()
            return
        }
        channel.closeFuture.whenComplete { _ in over.succeed() }
        let timer = channel.eventLoop.scheduleTask(in: timeout) { over.succeed() }
        try? await over.futureResult.get()
        timer.cancel()
        channel.close(promise: nil)
    }

    private static func shown(_ certificate: NIOSSLCertificate) -> Shown {
        Shown(
            notBefore: Int(certificate.notValidBefore),
            notAfter: Int(certificate.notValidAfter),
            issuer: certificate.issuerName.first { $0.type == .commonName }?.value
        )
    }

    /// `2026-12-01`, UTC.
    private static func day(_ seconds: Int) -> String {
        var (time, parts) = (time_t(seconds), tm())
        gmtime_r(&time, &parts)
        let padded = { (number: Int32) in number < 10 ? "0\(number)" : "\(number)" }
        return "\(1900 + parts.tm_year)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
    }
}
