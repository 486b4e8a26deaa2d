using XcpBroker.Activation;
using XcpBroker.Auth.Policy;
using XcpBroker.Buffering;
using XcpBroker.Config;
using XcpBroker.Config.Services;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Buffering;

/// <summary>A bus on which messages to org.example.Declared wait for its owner; org.example.Started is declared too, and can be started.</summary>
internal abstract class BufferFixture : BusFixture
{
    private protected const string Name = "org.example.Declared";
    private protected const string Started = "org.example.Started";

    private protected BufferFixture() => Begin(declaration => declaration);

    private protected FakeStarter Starter { get; private set; } = new();

    private protected NameBuffer Buffer => Broker.Bus.BufferTable.All.Single(buffer => buffer.Name == Name);

    private protected void Begin(Func<BufferDeclaration, BufferDeclaration> change, Func<LimitOptions, LimitOptions>? limits = null, PolicySet? policy = null)
    {
        Broker.Dispose();
        Starter = new FakeStarter();
        BufferDeclaration declaration = change(new BufferDeclaration());
        ServiceCatalog catalog = ServiceCatalog.Of(
            Describe(Name) with { Buffer = declaration },
            Describe(Started) with { Buffer = declaration, Arguments = ["/bin/service"] });
        Broker = new InMemoryBroker(
            limits is null ? DefaultLimits.Embedded : limits(DefaultLimits.Embedded), policy: policy, starting: new ActivationOptions { Catalog = catalog, Starter = Starter });
    }

    private protected static ServiceDescriptor Describe(string name) => new() { Name = name, FilePath = $"/services/{name}.service" };

    /// <summary>Its owner, and what it heard until its request was answered, without what the bus says of names.</summary>
    private protected List<string> Own(out FakePeer owner, string name = Name, int? socketBuffer = null)
    {
        owner = socketBuffer is { } bytes ? Broker.Connect(socketBuffer: bytes) : Broker.Connect();
        uint request = owner.Call("RequestName", name, 0);
        List<string> heard = owner.Hear();
        Assert.That(heard[0], Is.EqualTo($"NameAcquired({name})"));
        Assert.That(heard[^1], Is.EqualTo($"return {request}(1)"));
        return heard[1..^1];
    }

    private protected static MessageFields OneWay(string member, MessageFlags flags = MessageFlags.NoReplyExpected) => new()
    {
        Type = MessageType.MethodCall,
        Flags = flags,
        Path = "/a",
        Interface = "org.example.Interface",
        Member = member,
        Destination = Name,
    };
}
