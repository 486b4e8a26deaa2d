using XcpBroker.Activation;
using XcpBroker.Config.Services;
using XcpBroker.Reloading;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Activation;

/// <summary>A name that nobody knows, called while files of descriptors have changed that were not read yet.</summary>
internal sealed class ChangedDescriptorTests : ActivationFixture
{
    private const string New = "org.example.New";

    private readonly Queue<Action> _elsewhere = new();
    private ServiceCatalog _next = ServiceCatalog.Empty;
    private bool _hasChanged = true;
    private int _readings;

    [SetUp]
    public void A_bus_whose_descriptors_are_read_when_the_test_says_so()
    {
        Begin();
        ActivationOptions starting = new() { Starter = Starter };
        Broker.Dispose();
        Broker = new InMemoryBroker(starting: starting, source: new ConfigurationSource
        {
            Read = () =>
            {
                _readings++;
                return new ConfigurationReading(InMemoryBroker.Options(), null) { Services = _next };
            },
            RunElsewhere = _elsewhere.Enqueue,
        });
        Broker.Bus.Reloader.HasChanged = () => _hasChanged;
        Broker.Bus.Reloader.Began = () => _hasChanged = false;
    }

    [Test]
    public void It_waits_until_they_are_read_and_is_started()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(New, "Do");
        uint start = caller.Call("StartServiceByName", New, 0);
        caller.EmitTo(New, "Happened");
        Assert.That(caller.Hear(), Is.Empty);
        Assert.That(Starter.Processes, Is.Empty);

        _next = ServiceCatalog.Of(Describe(New) with { Arguments = ["/bin/new"] });
        Read();
        Assert.That(Starter.Processes, Has.Count.EqualTo(1));
        FakePeer service = Broker.Connect();
        service.Call("RequestName", New, 0);

        Assert.That(service.Hear().GetRange(1, 2), Is.EqualTo([$"call {call} Do()", "Happened()"]));
        Assert.That(caller.Hear(), Is.EqualTo([$"return {start}(1)"]));
    }

    [Test]
    public void If_they_do_not_describe_it_either_its_callers_are_told_so()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(New, "Do");
        uint start = caller.Call("StartServiceByName", New, 0);
        Read();

        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} ServiceUnknown", $"error {start} ServiceUnknown"]));
        Assert.That(caller.CallPeer(New, "Do"), Is.Not.Zero);
        Assert.That(caller.Hear().Single(), Does.EndWith("ServiceUnknown"), "nothing has changed since");
        Assert.That(_readings, Is.EqualTo(1));
    }

    [Test]
    public void Calls_that_come_while_they_are_read_share_that_reading_unless_they_change_again()
    {
        FakePeer caller = Broker.Connect();
        caller.CallPeer(New, "Do");
        caller.CallPeer("org.example.Newer", "Do");
        _hasChanged = true;
        uint last = caller.CallPeer("org.example.Newest", "Do");
        Read();
        Assert.That(caller.Hear(), Has.Count.EqualTo(2));

        Read();
        Assert.That(caller.Hear(), Is.EqualTo([$"error {last} ServiceUnknown"]));
        Assert.That(_readings, Is.EqualTo(2));
    }

    [Test]
    public void Unique_names_and_calls_that_start_nothing_do_not_wait()
    {
        FakePeer caller = Broker.Connect();
        caller.CallPeer(":1.99", "Do");
        caller.Send(new()
        {
            Type = Protocol.Messages.MessageType.MethodCall,
            Flags = Protocol.Messages.MessageFlags.NoAutoStart,
            Destination = New,
            Path = "/",
            Member = "Do",
        });

        Assert.That(caller.Hear(), Has.Count.EqualTo(2));
        Assert.That(_elsewhere, Is.Empty);
    }

    [Test]
    public void Descriptors_that_are_never_read_end_as_a_start_that_takes_too_long()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(New, "Do");
        Broker.Pass(StartTimeout);
        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} TimedOut"]));

        Read();
        Assert.That(caller.Hear(), Is.Empty);
    }

    private void Read()
    {
        Broker.Run();
        _elsewhere.Dequeue()();
        Broker.Run();
    }
}
