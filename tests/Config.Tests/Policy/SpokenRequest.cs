using System.Text;
using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Policy;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Config.Tests.Policy;

/// <summary>A message in words: <c>call path=/p interface=a.b member=M to=x.y,x.z from=u.v fds=2</c>.</summary>
internal sealed class SpokenRequest
{
    private readonly Dictionary<string, string> _words;

    internal SpokenRequest(string text) => _words = text.Split(' ')
        .Select(word => word.Split('=', 2))
        .ToDictionary(pair => pair[0], pair => pair.Length == 2 ? pair[1] : "");

    internal PolicyVerdict Ask(PolicySet policy, PolicyDirection direction, uint userId = 1000, params uint[] groups) =>
        Ask(policy, policy.ForPeer(userId, groups, isAtConsole: false), direction, null);

    /// <summary>As a peer of one domain, with a peer of another.</summary>
    internal PolicyVerdict Ask(PolicySet policy, PolicyDirection direction, DomainIdentity domain, DomainIdentity? other) =>
        Ask(policy, policy.ForDomain(domain), direction, other);

    private PolicyVerdict Ask(PolicySet policy, PeerPolicy peer, PolicyDirection direction, DomainIdentity? other)
    {
        PolicyRequest request = new()
        {
            Type = _words.ContainsKey("call") ? MessageType.MethodCall
                : _words.ContainsKey("return") ? MessageType.MethodReturn
                : _words.ContainsKey("error") ? MessageType.Error
                : MessageType.Signal,
            Path = Bytes("path"),
            Interface = Bytes("interface"),
            Member = Bytes("member"),
            ErrorName = Bytes("name"),
            Sender = Names(policy, "from", other),
            Receiver = Names(policy, "to", other),
            IsBroadcast = _words.ContainsKey("broadcast"),
            Reply = _words.ContainsKey("requested") ? ReplyState.Requested
                : _words.ContainsKey("unrequested") ? ReplyState.Unrequested
                : ReplyState.NoReply,
            IsEavesdropping = _words.ContainsKey("eavesdropping"),
            UnixFds = int.Parse(_words.GetValueOrDefault("fds", "0")),
        };
        return direction == PolicyDirection.Send ? peer.CheckSend(request) : peer.CheckReceive(request);
    }

    private PolicyNames Names(PolicySet policy, string word, DomainIdentity? domain) =>
        policy.NamesOf(_words.GetValueOrDefault(word, "").Split(',', StringSplitOptions.RemoveEmptyEntries), domain);

    private byte[] Bytes(string word) => Encoding.ASCII.GetBytes(_words.GetValueOrDefault(word, ""));
}
