using System.Globalization;
using XcpBroker.Activation;
using XcpBroker.Auth.Policy;
using XcpBroker.Buffering;
using XcpBroker.Config;
using XcpBroker.Config.Domains;
using XcpBroker.Config.Services;
using XcpBroker.Journal;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Buffering;

/// <summary>A bus with a journal on which messages to org.example.Durable are durable.</summary>
internal abstract class DurableFixture : BusFixture
{
    private protected const string Name = "org.example.Durable";

    private readonly MessageBuilder _builder = new();
    private Func<BufferDeclaration, BufferDeclaration> _change = declaration => declaration;
    private Func<LimitOptions, LimitOptions> _limits = limits => limits;
    private PolicySet? _policy;
    private IReadOnlyList<DomainDeclaration> _domains = [];

    private protected DurableFixture() => Begin(declaration => declaration);

    private protected FakeJournalStore Store { get; private set; } = null!;

    private protected NameBuffer Buffer => Broker.Bus.BufferTable.All.Single(buffer => buffer.Name == Name);

    private protected void Begin(
        Func<BufferDeclaration, BufferDeclaration>? change = null, Func<LimitOptions, LimitOptions>? limits = null, PolicySet? policy = null)
    {
        _change = change ?? (declaration => declaration);
        _limits = limits ?? (same => same);
        _policy = policy;
        Start(loop => new FakeJournalStore(loop));
    }

    /// <summary>A bus with these domains besides, and policies in the language of configuration files.</summary>
    private protected void BeginWithDomains(BusConfiguration configuration, Func<BufferDeclaration, BufferDeclaration> change, Func<LimitOptions, LimitOptions> limits)
    {
        _domains = configuration.Domains;
        Begin(change, limits, configuration.Policy);
    }

    /// <summary>These domains are configured from the next <see cref="Restart"/> on.</summary>
    private protected void Declare(BusConfiguration configuration) => _domains = configuration.Domains;

    /// <summary>As after kill -9: what is in the journal is all that is left.</summary>
    private protected void Restart(bool isDeclared = true)
    {
        FakeJournalStore before = Store;
        Start(before.Restart, isDeclared);
        Broker.Run();
    }

    private protected uint Post(FakePeer peer, string member, string argument = "", string name = Name)
    {
        _builder.Begin(new MessageFields
        {
            Type = MessageType.MethodCall,
            Path = "/org/xen/xcp/broker",
            Interface = "org.xen.xcp.Broker1",
            Member = "Post",
            Destination = "org.freedesktop.DBus",
            Signature = "sssssv",
        });
        foreach (string text in (string[])[name, "/a", "org.example.Interface", member, "s"])
        {
            _builder.Body.WriteString(text);
        }

        _builder.Body.WriteVariantString(argument);
        uint serial = peer.NextSerial();
        peer.SendRaw(_builder.Finish(serial));
        return serial;
    }

    private protected static uint Acknowledge(FakePeer peer, ulong sequence, MessageBuilder builder)
    {
        builder.Begin(new MessageFields
        {
            Type = MessageType.MethodCall,
            Path = "/org/xen/xcp/broker",
            Interface = "org.xen.xcp.Broker1",
            Member = "Ack",
            Destination = "org.freedesktop.DBus",
            Signature = "t",
        });
        builder.Body.WriteUInt64(sequence);
        uint serial = peer.NextSerial();
        peer.SendRaw(builder.Finish(serial));
        return serial;
    }

    /// <summary>Its owner, who has not read anything yet.</summary>
    private protected FakePeer Own()
    {
        FakePeer owner = Broker.Connect();
        owner.Call("RequestName", Name, 0);
        return owner;
    }

    /// <summary>Its next owner dies as soon as it has read what there is, and gives no answer.</summary>
    private protected List<string> Die()
    {
        FakePeer owner = Own();
        List<string> heard = Read(owner);
        owner.Close();
        return heard;
    }

    /// <summary>What a peer hears of other peers: members with their arguments. It answers no ping.</summary>
    private protected static List<string> Read(FakePeer peer) => [.. Others(peer.ReceiveAll()).Select(Short)];

    /// <summary>As <see cref="Read"/>; every ping is answered, until there is no more.</summary>
    private protected static List<string> Consume(FakePeer peer)
    {
        List<string> heard = [];
        while (peer.ReceiveAll() is { Count: > 0 } messages)
        {
            heard.AddRange(Others(messages).Select(Short));
            foreach (PeerMessage ping in messages.Where(IsPing))
            {
                peer.Send(new MessageFields
                {
                    Type = MessageType.MethodReturn,
                    Destination = "org.freedesktop.DBus",
                    ReplySerial = ping.Serial,
                    Flags = MessageFlags.NoReplyExpected,
                });
            }
        }

        return heard;
    }

    private protected static bool IsPing(PeerMessage message) => message is { Member: "Ping", Sender: "org.freedesktop.DBus" };

    private protected static IEnumerable<PeerMessage> Others(IEnumerable<PeerMessage> messages) =>
        messages.Where(message => message.Sender != "org.freedesktop.DBus");

    private protected static MessageFields OneWay(string member) => new()
    {
        Type = MessageType.MethodCall,
        Flags = MessageFlags.NoReplyExpected,
        Path = "/a",
        Interface = "org.example.Interface",
        Member = member,
        Destination = Name,
    };

    private static string Short(PeerMessage message) => string.Create(CultureInfo.InvariantCulture, $"{message.Member}({message.ArgumentsText()})");

    private void Start(Func<ManualBusLoop, FakeJournalStore> open, bool isDeclared = true)
    {
        Broker.Dispose();
        ServiceDescriptor descriptor = new() { Name = Name, FilePath = "/services/durable.service" };
        BufferDeclaration declaration = _change(new BufferDeclaration { IsDurable = true });
        Broker = new InMemoryBroker(
            _limits(DefaultLimits.Embedded),
            policy: _policy,
            domains: _domains,
            starting: new ActivationOptions
            {
                Catalog = isDeclared ? ServiceCatalog.Of(descriptor with { Buffer = declaration }) : ServiceCatalog.Of(),
                Starter = new FakeStarter(),
            },
            journal: loop =>
            {
                Store = open(loop);
                return new JournalStart(Store, Store.Image());
            });
    }
}
