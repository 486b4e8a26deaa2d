using XcpBroker.Activation;
using XcpBroker.Config;
using XcpBroker.Config.Services;
using XcpBroker.Journal;
using XcpBroker.Metrics;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Buffering;

/// <summary>Names that the configuration declares by a prefix.</summary>
internal sealed class BufferedPrefixTests : BusFixture
{
    private const string Prefix = "org.example.Group";
    private const string Name = "org.example.Group.One";

    private readonly FakeStarter _starter = new();
    private FakeJournalStore? _store;

    public BufferedPrefixTests() => Begin(new BufferDeclaration());

    [TestCase(Prefix)]
    [TestCase(Name)]
    [TestCase("org.example.Group.One.Two")]
    public void Messages_to_names_below_it_wait(string name)
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(name, "Do");
        uint start = caller.Call("StartServiceByName", name, 0);
        caller.EmitTo(name, "Signal");
        Assert.That(caller.Hear(), Is.Empty);
        FakePeer owner = Broker.Connect();
        uint request = owner.Call("RequestName", name, 0);

        Assert.That(owner.Hear(), Is.EqualTo([$"NameAcquired({name})", $"call {call} Do()", "Signal()", $"return {request}(1)"]));
        Assert.That(caller.Hear(), Is.EqualTo([$"return {start}(1)"]));
        Assert.That(Broker.Bus.Counters.BufferDelivered, Is.EqualTo(3));
        owner.Close();
        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} NoReply"]));
        Assert.That(Broker.Bus.BufferTable.All, Is.Empty);
    }

    [TestCase("org.example.Groups.One")]
    [TestCase("org.example")]
    public void Others_do_not(string name)
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(name, "Do");

        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} ServiceUnknown"]));
        Assert.That(Broker.Bus.BufferTable.All, Is.Empty);
    }

    [Test]
    public void A_descriptor_may_say_that_nothing_waits_longer_than_a_start_takes()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer("org.example.Group.Described", "Do");
        Assert.That(Broker.Bus.BufferTable.All, Is.Empty);
        Broker.Pass(DefaultLimits.Embedded.ServiceStartTimeout);

        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} TimedOut"]));
    }

    [Test]
    public void They_are_not_listed_and_hold_nothing_once_what_waited_is_gone()
    {
        FakePeer caller = Broker.Connect();
        Assert.That(MessageStory.Tell(caller.AskWell("ListActivatableNames")), Does.Not.Contain(Prefix));
        uint call = caller.CallPeer(Name, "Do");
        Assert.That(Broker.Bus.BufferTable.All.Single().Name, Is.EqualTo(Name));
        Broker.Pass(TimeSpan.FromSeconds(20));

        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} TimedOut"]));
        Assert.That(Broker.Bus.BufferTable.All, Is.Empty);
    }

    [Test]
    public void An_operator_sees_a_name_while_something_waits_and_may_ask_of_it_at_any_time()
    {
        FakePeer caller = Broker.Connect();
        Assert.That(Ask(caller, "PeekBuffer", Name).ErrorName, Is.Null);
        Assert.That(Ask(caller, "PurgeBuffer", Name).Number(), Is.Zero);
        Assert.That(Ask(caller, "PeekBuffer", "org.example.Other").ErrorName, Does.EndWith("InvalidArgs"));
        caller.EmitTo(Name, "Signal");

        Assert.That(Ask(caller, "PurgeBuffer", Name).Number(), Is.EqualTo(1));
    }

    [Test]
    public void No_sender_makes_more_names_than_half_of_what_the_others_leave()
    {
        Begin(new BufferDeclaration(), maxNames: 12);
        FakePeer greedy = Broker.Connect();
        uint[] calls = [.. Enumerable.Range(0, 8).Select(i => greedy.CallPeer($"{Prefix}.N{i}", "Do"))];
        Assert.That(greedy.Hear(), Is.EqualTo([$"error {calls[6]} LimitsExceeded", $"error {calls[7]} LimitsExceeded"]));
        greedy.EmitTo($"{Prefix}.N8", "Signal");
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.BufferFull), Is.EqualTo(1));
        Assert.That(Broker.Log.Lines.Count(line => line.Text.Contains($"as many names below {Prefix}")), Is.EqualTo(1));

        FakePeer modest = Broker.Connect();
        modest.CallPeer($"{Prefix}.M", "Do");
        greedy.CallPeer($"{Prefix}.M", "Do");
        Assert.That(modest.Hear().Concat(greedy.Hear()), Is.Empty);
        Broker.Pass(TimeSpan.FromSeconds(20));
        _ = greedy.Hear();
        greedy.CallPeer($"{Prefix}.N8", "Do");
        Assert.That(greedy.Hear(), Is.Empty);
    }

    [Test]
    public void What_cannot_wait_makes_no_name()
    {
        Begin(new BufferDeclaration() with { MaxMessages = 0 });
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Name, "Do");

        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} LimitsExceeded"]));
        Assert.That(Broker.Bus.BufferTable.All, Is.Empty);
    }

    [Test]
    public void What_a_dead_owner_had_not_been_sent_waits_again()
    {
        FakePeer owner = Broker.Connect(socketBuffer: 1000);
        owner.RequestName(Name);
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Name, "Large", new string('a', 3000));
        uint second = caller.CallPeer(Name, "Second");
        owner.Close();
        FakePeer next = Broker.Connect();
        uint request = next.Call("RequestName", Name, 0);

        Assert.That(next.Hear(), Is.EqualTo([$"NameAcquired({Name})", $"call {second} Second()", $"return {request}(1)"]));
    }

    [Test]
    public void The_longest_prefix_counts_and_a_descriptor_counts_more()
    {
        Broker.Dispose();
        Broker = new InMemoryBroker(
            starting: new ActivationOptions { Catalog = ServiceCatalog.Of(Describe("org.example.Group.Own") with { Buffer = Of(3) }) },
            buffers: [new BufferedPrefix("org", 10, Of(10)), new BufferedPrefix(Prefix, 10, Of(20)), new BufferedPrefix("org.example", 10, Of(30))]);
        FakePeer caller = Broker.Connect();
        foreach (string name in new[] { "org.Other", "org.example.Group", "org.example.Groups", "org.example.Group.Own" })
        {
            caller.EmitTo(name, "Signal");
        }

        Assert.That(
            Broker.Bus.BufferTable.All.Select(buffer => (buffer.Name, buffer.Declaration.MaxMessages)),
            Is.EquivalentTo([("org.Other", 10), ("org.example.Group", 20), ("org.example.Groups", 30), ("org.example.Group.Own", 3)]));
    }

    [Test]
    public void A_reload_changes_them_and_what_waits_goes_on()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Name, "Old");
        Broker.Bus.Absent.Apply(ServiceCatalog.Empty, []);
        uint refused = caller.CallPeer(Name, "New");
        Assert.That(caller.Hear(), Is.EqualTo([$"error {refused} ServiceUnknown"]));

        Broker.Bus.Absent.Apply(ServiceCatalog.Of(Describe(Name) with { Arguments = ["/bin/one"] }), [new BufferedPrefix(Prefix, 1000, Of(7))]);
        Assert.That(_starter.Processes.Single().Command.Name, Is.EqualTo(Name), "a program that is there now is for what waits already");
        Assert.That(Broker.Bus.BufferTable.All.Single().Declaration.MaxMessages, Is.EqualTo(7));
        FakePeer owner = Broker.Connect();
        uint request = owner.Call("RequestName", Name, 0);
        Assert.That(owner.Hear(), Is.EqualTo([$"NameAcquired({Name})", $"call {call} Old()", $"return {request}(1)"]));
    }

    [Test]
    public void Of_a_durable_prefix_messages_are_kept_and_are_there_after_a_restart()
    {
        BeginDurable(loop => new FakeJournalStore(loop));
        FakePeer owner = Broker.Connect();
        owner.RequestName(Name);
        FakePeer sender = Broker.Connect();
        FakeJournalStore store = _store!;
        store.IsSlow = true;
        sender.EmitTo(Name, "Kept");
        Assert.That(owner.Hear(), Is.Empty, "it waits for the disk, also while the name has an owner");
        store.Finish();
        Assert.That(owner.Hear()[0], Is.EqualTo("Kept()"));
        store.IsSlow = false;

        BeginDurable(store.Restart);
        Assert.That(Broker.Bus.BufferTable.All.Single() is { Name: Name, IsWithdrawn: false, Waiting.Count: 1 }, "nobody has confirmed it");
        FakePeer next = Broker.Connect();
        next.Call("RequestName", Name, 0);
        Assert.That(next.Hear()[1], Is.EqualTo("Kept()"));
    }

    private static BufferDeclaration Of(int messages) => new() { MaxMessages = messages };

    private static ServiceDescriptor Describe(string name) => new() { Name = name, FilePath = $"/services/{name}.service" };

    private static Peers.Raw.PeerMessage Ask(FakePeer peer, string member, string name) =>
        peer.ReceiveReply(peer.CallOn("org.freedesktop.DBus", "/org/xen/xcp/broker", "org.xen.xcp.Broker1", member, name));

    private void Begin(BufferDeclaration declaration, int maxNames = BufferedPrefix.DefaultMaxNames)
    {
        Broker.Dispose();
        ServiceDescriptor described = Describe("org.example.Group.Described") with { Extensions = [new("X-XCP-Buffer", "no")] };
        Broker = new InMemoryBroker(
            starting: new ActivationOptions { Catalog = ServiceCatalog.Of(described), Starter = _starter },
            buffers: [new BufferedPrefix(Prefix, maxNames, declaration)]);
    }

    private void BeginDurable(Func<ManualBusLoop, FakeJournalStore> open)
    {
        Broker.Dispose();
        Broker = new InMemoryBroker(
            journal: loop =>
            {
                _store = open(loop);
                return new JournalStart(_store, _store.Image());
            },
            buffers: [new BufferedPrefix(Prefix, 10, new BufferDeclaration { IsDurable = true })]);
        Broker.Run();
    }
}
