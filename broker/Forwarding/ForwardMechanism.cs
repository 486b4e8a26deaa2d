using XcpBroker.Auth;
using XcpBroker.Auth.Sasl;

namespace XcpBroker.Forwarding;

/// <summary>EXTERNAL at a forwarder: the kernel knows the client, and the bus has accepted the forwarder in its place.</summary>
/// <param name="isAllowed">Whether a user may use the forwarder.</param>
/// <param name="reach">Begins to connect to the bus; told whether it has accepted.</param>
/// <param name="guid">The bus's GUID, once it has.</param>
internal sealed class ForwardMechanism(Func<uint?, bool> isAllowed, Action<Action<bool>> reach, Func<string> guid) : SaslMechanism
{
    private readonly ExternalMechanism _external = new();

    public override string Name => _external.Name;

    public override SaslExchange Begin() => new Exchange(this, _external.Begin());

    private SaslVerdict Judge(PeerCredentials peer, SaslVerdict verdict) =>
        verdict == SaslVerdict.Accepted ? isAllowed(peer.UserId) ? SaslVerdict.Pending : SaslVerdict.Rejected : verdict;

    private void Reach(Action<bool> reached) => reach(reached);

    private string BusGuid => guid();

    private sealed class Exchange(ForwardMechanism mechanism, SaslExchange external) : SaslExchange
    {
        private bool _isReached;

        public override string? Guid => _isReached ? mechanism.BusGuid : null;

        public override SaslVerdict Respond(PeerCredentials peer, ReadOnlySpan<byte> response, out ReadOnlyMemory<byte> challenge) =>
            mechanism.Judge(peer, external.Respond(peer, response, out challenge));

        public override void Await(Action decided) => mechanism.Reach(isReached =>
        {
            _isReached = isReached;
            decided();
        });

        public override SaslVerdict Conclude(out ReadOnlyMemory<byte> challenge)
        {
            challenge = default;
            return _isReached ? SaslVerdict.Accepted : SaslVerdict.Rejected;
        }
    }
}
