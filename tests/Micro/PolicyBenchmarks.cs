using BenchmarkDotNet.Attributes;
using XcpBroker.Auth.Policy;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Micro;

/// <summary>A message held against a policy of many rules, most of which are about other services.</summary>
public class PolicyBenchmarks
{
    private static readonly PolicySource Source = new("bench", 1);

    private PeerPolicy _peer = null!;
    private PolicyNames _names = PolicyNames.None;

    /// <summary>Rules of the policy.</summary>
    [Params(10, 1000)]
    public int Rules { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        PolicySet policy = new(
            [
                .. Enumerable.Range(0, Rules).Select(static i => new PolicyEntry(
                    PolicyContext.Default,
                    new MessageRule(PolicyDirection.Send, i % 3 == 0, Source) { Peer = $"org.xen.xcp.service{i}", Interface = $"org.xen.xcp.Interface{i}" })),
                new PolicyEntry(PolicyContext.Default, new OwnRule(true, Source, "org.xen.xcp", true)),
            ],
            isStrict: true);
        _peer = policy.ForPeer(1, [], isAtConsole: false);
        _names = policy.NamesOf(["org.xen.xcp.service3"]);
    }

    [Benchmark]
    public bool Send() => _peer.CheckSend(new PolicyRequest
    {
        Type = MessageType.MethodCall,
        Path = "/org/xen/xcp/service3"u8,
        Interface = "org.xen.xcp.Interface3"u8,
        Member = "Do"u8,
        Sender = PolicyNames.None,
        Receiver = _names,
        Reply = ReplyState.NoReply,
    }).IsAllowed;

    [Benchmark]
    public bool Own() => _peer.CheckOwn("org.xen.xcp.storage").IsAllowed;
}
