using System.Text;
using BenchmarkDotNet.Attributes;
using XcpBroker.Matching;
using XcpBroker.Names;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Micro;

/// <summary>Look-ups in the bus's registries.</summary>
public class BusBenchmarks
{
    private readonly MatchIndex<object> _index = new();
    private readonly NameRegistry<object> _names = new();
    private readonly List<object> _found = [];
    private readonly byte[] _body = [5, 0, 0, 0, .. "hello"u8, 0];

    /// <summary>Rules, and names, that are there.</summary>
    [Params(10, 10_000)]
    public int Entries { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        for (int i = 0; i < Entries; i++)
        {
            object peer = new();
            _index.Add(Rule($"type='signal',interface='org.xen.xcp.Interface{i}',arg0='value{i}'"), peer);
            _ = _names.Request(Encoding.ASCII.GetBytes($"org.xen.xcp.service{i}"), peer, default);
        }

        _index.Add(Rule("type='signal',interface='org.xen.xcp.VM1',member='Changed',path_namespace='/org/xen/xcp'"), new object());
    }

    [Benchmark]
    public int MatchIndex()
    {
        _ = _index.Collect(
            new MatchSubject
            {
                Type = MessageType.Signal,
                Sender = ":1.7"u8,
                Interface = "org.xen.xcp.VM1"u8,
                Member = "Changed"u8,
                Path = "/org/xen/xcp/xenopsd/vm"u8,
                Body = _body,
                Signature = "s"u8,
            },
            _found);
        int count = _found.Count;
        _found.Clear();
        return count;
    }

    [Benchmark]
    public object? NameLookUp() => _names.OwnerOf("org.xen.xcp.service7"u8);

    private static MatchRule Rule(string text) =>
        MatchRuleParser.TryParse(Encoding.ASCII.GetBytes(text), out MatchRule? rule, out string? error) ? rule! : throw new ArgumentException(error, nameof(text));
}
