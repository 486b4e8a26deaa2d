using XcpBroker.Broker.Tests.Bus.Policy;
using XcpBroker.Config.Services;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Buffering;

/// <summary>A message that waits, or is delivered again, is one message to who listens: monitors see it when it comes, eavesdroppers when it is delivered.</summary>
internal sealed class SeenOnceTests : DurableFixture
{
    private const string Everything = """
        <policy context="default"><allow user="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
        """;

    private static readonly string Long = new('a', 2000);

    public SeenOnceTests() => Begin(policy: PolicyFixture.Read(Everything));

    [TestCase(Name)]
    [TestCase("org.example.Service")]
    public void What_waits_for_a_buffer_or_for_a_start(string name)
    {
        FakePeer monitor = Listen(out FakePeer eavesdropper);
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(name, "Do");
        Assert.That(monitor.Hear(), Is.EqualTo([$"call {call} Do()"]));
        Assert.That(eavesdropper.Hear(), Is.Empty);
        Broker.Connect().RequestName(name);

        Assert.That(monitor.Hear(), Is.Empty);
        Assert.That(eavesdropper.Hear(), Is.EqualTo([$"call {call} Do()"]));
    }

    [Test]
    public void What_a_dead_owner_had_not_been_sent_and_the_next_one_gets()
    {
        FakePeer monitor = Listen(out FakePeer eavesdropper);
        FakePeer owner = Broker.Connect(socketBuffer: 1000);
        owner.RequestName(Name);
        FakePeer caller = Broker.Connect();
        uint partly = caller.CallPeer(Name, "Do", Long);
        uint call = caller.CallPeer(Name, "Do");
        owner.Close();
        Broker.Connect().RequestName(Name);

        string[] once = [$"call {partly} Do({Long})", $"call {call} Do()"];
        Assert.That(monitor.Hear(), Is.EqualTo(once));
        Assert.That(eavesdropper.Hear(), Is.EqualTo(once));
    }

    [Test]
    public void What_is_durable_and_delivered_to_one_owner_after_the_other()
    {
        FakePeer monitor = Listen(out FakePeer eavesdropper);
        Post(Broker.Connect(), "Do", "it");
        Die();
        Die();

        Assert.That(monitor.Hear().Single(), Does.EndWith("Do(it)"));
        Assert.That(eavesdropper.Hear().Single(), Does.EndWith("Do(it)"));
    }

    [Test]
    public void What_a_name_has_subscribed_to()
    {
        Begin(declaration => declaration with { Subscriptions = Subscribe("member='Do'") }, policy: PolicyFixture.Read(Everything));
        FakePeer monitor = Listen(out FakePeer eavesdropper);
        Broker.Connect().Emit("Do");
        Die();

        Assert.That(monitor.Hear(), Is.EqualTo(["Do()"]));
        Assert.That(eavesdropper.Hear(), Is.EqualTo(["Do()"]), "as any signal that matches a rule of its");
    }

    internal static IReadOnlyList<MatchRule> Subscribe(string text) =>
        SubscriptionText.TryParse(text, out IReadOnlyList<MatchRule>? rules, out string? error) ? rules : throw new InvalidOperationException(error);

    private FakePeer Listen(out FakePeer eavesdropper)
    {
        Broker.Bus.Activation.Apply(ServiceCatalog.Of(new ServiceDescriptor { Name = "org.example.Service", FilePath = "/s.service", Arguments = ["/bin/s"] }));
        FakePeer monitor = Broker.Connect();
        monitor.CallOn("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor", (string[])["member='Do'"], 0u);
        _ = monitor.ReceiveAll();
        eavesdropper = Broker.Connect();
        eavesdropper.AddMatch("eavesdrop='true',member='Do'");
        return monitor;
    }
}
