using XcpBroker.Activation;
using XcpBroker.Config.Services;
using XcpBroker.Peers.Raw;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Activation;

/// <summary>However a service fails, what waits for it ends once, and its name can be called again.</summary>
internal sealed class FailingServiceTests : BusFixture
{
    private const string Plain = "org.example.Plain";

    /// <summary>Messages to it wait beyond the end of a start.</summary>
    private const string Declared = "org.example.Declared";

    /// <summary>Longer than a start may take, than a call may wait, and than the longest time between two starts.</summary>
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(1);

    private FakeStarter _starter = new();

    [SetUp]
    public void A_bus_that_can_start_both()
    {
        Broker.Dispose();
        _starter = new FakeStarter();
        ServiceDescriptor plain = new() { Name = Plain, FilePath = $"/services/{Plain}.service", Arguments = ["/bin/service"] };
        ServiceCatalog catalog = ServiceCatalog.Of(plain, plain with { Name = Declared, Buffer = new BufferDeclaration() });
        Broker = new InMemoryBroker(starting: new ActivationOptions { Catalog = catalog, Starter = _starter });
    }

    [TestCase(Plain)]
    [TestCase(Declared)]
    public void One_that_exits_well_without_its_name(string name)
    {
        FakePeer caller = Call(name, out uint call);
        End(_starter.Last, 0);

        CheckItIsStartedAgain(caller, name, $"error {call} TimedOut");
    }

    [TestCase(Plain)]
    [TestCase(Declared)]
    public void One_whose_child_takes_the_name_when_its_parent_has_exited(string name)
    {
        FakePeer caller = Call(name, out uint call);
        End(_starter.Last, 0);
        FakePeer child = Broker.Connect();
        Answer(child, name);
        child.Close();

        CheckItIsStartedAgain(caller, name, $"return {call}()");
    }

    [TestCase(Plain)]
    [TestCase(Declared)]
    public void One_whose_name_another_process_takes(string name)
    {
        FakePeer caller = Call(name, out uint call);
        FakePeer other = Broker.Connect();
        Answer(other, name);
        End(_starter.Last, 1);
        other.Close();

        CheckItIsStartedAgain(caller, name, $"return {call}()");
    }

    [TestCase(Plain)]
    [TestCase(Declared)]
    public void One_that_takes_too_long(string name)
    {
        FakePeer caller = Call(name, out uint call);
        FakeProcess process = _starter.Last;
        Broker.Pass(TimeSpan.FromSeconds(30));
        Assert.That(process.IsKilled, Is.True);
        End(process, 0, signal: 9);

        CheckItIsStartedAgain(caller, name, $"error {call} TimedOut");
    }

    [TestCase(Plain, "Spawn.ChildSignaled")]
    [TestCase(Declared, "TimedOut")]
    public void One_that_dies_before_it_has_its_name_as_often_as_it_is_started(string name, string error)
    {
        FakePeer caller = Call(name, out uint call);
        for (int seconds = 0; seconds < 60; seconds++)
        {
            End(_starter.Last, 0, signal: 11);
            Broker.Pass(TimeSpan.FromSeconds(1));
        }

        CheckItIsStartedAgain(caller, name, $"error {call} {error}");
    }

    [TestCase(Plain)]
    [TestCase(Declared)]
    public void One_that_dies_with_the_call_in_its_hands(string name)
    {
        FakePeer caller = Call(name, out uint call);
        FakePeer service = Broker.Connect();
        service.Call("RequestName", name, 0);
        service.Close();
        End(_starter.Last, 0, signal: 11);

        CheckItIsStartedAgain(caller, name, $"error {call} NoReply");
    }

    private FakePeer Call(string name, out uint call)
    {
        FakePeer caller = Broker.Connect();
        call = caller.CallPeer(name, "Do");
        Assert.That(_starter.Processes, Has.Count.EqualTo(1));
        return caller;
    }

    /// <summary>Has a peer own the name and answer what it gets with it.</summary>
    private static void Answer(FakePeer service, string name)
    {
        service.Call("RequestName", name, 0);
        PeerMessage call = service.ReceiveAll().Single(message => message.Member == "Do");
        service.Reply(call);
    }

    private void End(FakeProcess process, int status, int signal = 0)
    {
        process.Events.Ended(new ServiceExit(status, signal));
        Broker.Run();
    }

    private void CheckItIsStartedAgain(FakePeer caller, string name, string outcome)
    {
        // First what is under way ends, then the time until the next start.
        Broker.Pass(LongEnough);
        Broker.Pass(LongEnough);
        Assert.That(caller.Hear(), Is.EqualTo([outcome]));
        Assert.That(Broker.Bus.Activation.Table.IsEmpty, Is.True);

        int starts = _starter.Processes.Count;
        uint again = caller.CallPeer(name, "Do");
        Assert.That(_starter.Processes, Has.Count.EqualTo(starts + 1));
        Answer(Broker.Connect(), name);
        Assert.That(caller.Hear(), Is.EqualTo([$"return {again}()"]));
    }
}
