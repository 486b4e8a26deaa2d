using XcpBroker.Metrics;
using XcpBroker.Protocol;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Activation;

internal sealed class FailedStartTests : ActivationFixture
{
    [TestCase(1, 0, "ChildExited", "status 1")]
    [TestCase(127, 0, "ChildExited", "status 127")]
    [TestCase(0, 11, "ChildSignaled", "signal 11")]
    public void A_program_that_ends_badly_fails_everything_that_waits_for_it(int status, int signal, string error, string text)
    {
        FakePeer caller = Broker.Connect();
        FakePeer starter = Broker.Connect();
        uint call = caller.CallPeer(Service, "Do");
        caller.EmitTo(Service, "Signal");
        uint start = starter.Call("StartServiceByName", Service, 0);
        End(Starter.Last, status, signal);

        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} Spawn.{error}"]));
        Assert.That(starter.Receive() is { } answer && answer.ReplySerial == start && answer.FirstString!.Contains(text, StringComparison.Ordinal), Is.True);
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.NotStarted), Is.EqualTo(1));
    }

    [Test]
    public void A_program_that_cannot_be_run_fails_with_the_starters_error()
    {
        FakePeer caller = Broker.Connect();
        Starter.Refusal = new DBusError(ErrorNames.SpawnExecFailed, "no such file");
        uint call = caller.CallPeer(Service, "Do");

        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} Spawn.ExecFailed"]));
        Assert.That(Broker.Bus.Activation.Table.IsEmpty, Is.True);
    }

    [Test]
    public void A_program_that_exits_well_may_have_left_a_child_that_takes_the_name()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Service, "Do");
        End(Starter.Last, 0);
        Broker.Pass(StartTimeout - TimeSpan.FromSeconds(1));
        Assert.That(caller.Hear(), Is.Empty);
        FakePeer service = Broker.Connect();
        service.Call("RequestName", Service, 0);

        Assert.That(service.Hear()[1], Is.EqualTo($"call {call} Do()"));
    }

    [TestCase(Service, true)]
    [TestCase(OwnMeans, false)]
    public void A_start_that_takes_too_long_times_out_and_its_process_is_killed(string name, bool hasProcess)
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(name, "Do");
        Broker.Pass(StartTimeout - TimeSpan.FromMilliseconds(1));
        Assert.That(caller.Hear(), Is.Empty);
        Broker.Pass(TimeSpan.FromMilliseconds(2));

        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} TimedOut"]));
        Assert.That(Starter.Processes.Count(process => process.IsKilled), Is.EqualTo(hasProcess ? 1 : 0));
        Starter.Processes.ForEach(process => End(process, 0, 9));
        Assert.That(caller.Hear(), Is.Empty);
    }

    [Test]
    public void A_failed_start_is_tried_again_after_a_time_that_doubles()
    {
        FakePeer caller = Broker.Connect();
        TimeSpan delay = TimeSpan.FromSeconds(1);
        for (int failures = 1; failures <= 4; failures++)
        {
            caller.CallPeer(Service, "Do");
            Assert.That(Starter.Processes, Has.Count.EqualTo(failures));
            End(Starter.Last, failures);
            Broker.Pass(delay - TimeSpan.FromMilliseconds(1));
            caller.CallPeer(Service, "TooEarly");
            Assert.That(caller.ReceiveAll()[1].FirstString, Does.Contain($"status {failures}"));
            Assert.That(Starter.Processes, Has.Count.EqualTo(failures));
            Broker.Pass(TimeSpan.FromMilliseconds(1));
            delay *= 2;
        }
    }

    [Test]
    public void A_service_that_came_is_started_again_at_once_when_it_is_gone()
    {
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Service, "Do");
        End(Starter.Last, 1);
        FakePeer service = Broker.Connect();
        service.RequestName(Service);
        Broker.Pass(TimeSpan.FromSeconds(2));
        service.Close();
        caller.CallPeer(Service, "Do");

        Assert.That(Starter.Processes, Has.Count.EqualTo(2));
    }

    [Test]
    public void Other_descriptors_end_the_waiting_since_somebody_may_have_mended_one()
    {
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Service, "Do");
        End(Starter.Last, 1);
        Broker.Bus.Absent.Apply(Broker.Bus.Activation.Table.Catalog, []);
        caller.CallPeer(Service, "Do");

        Assert.That(Starter.Processes, Has.Count.EqualTo(2));
    }

    [Test]
    public void What_an_attempt_says_after_its_end_does_not_touch_the_next_one()
    {
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Service, "Do");
        FakePeer service = Broker.Connect();
        service.RequestName(Service);
        service.Close();
        caller.Hear();
        caller.CallPeer(Service, "Do");
        End(Starter.Processes[0], 1);

        Assert.That(caller.Hear(), Is.Empty);
    }

    [Test]
    public void No_name_is_started_twice_at_once_and_each_on_its_own()
    {
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Service, "Do");
        uint other = caller.CallPeer(Other, "Do");
        End(Starter.Processes[1], 1);

        Assert.That(caller.Hear(), Is.EqualTo([$"error {other} Spawn.ChildExited"]));
        Assert.That(Broker.Bus.Activation.Table.Pending.Single().Name, Is.EqualTo(Service));
    }
}
