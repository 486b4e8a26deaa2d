using System.Diagnostics;
using XcpBroker.EndToEnd.Startup;

namespace XcpBroker.EndToEnd.Durable;

/// <summary>Durable messages of busctl and dbus-python, over kill -9 of the broker.</summary>
internal sealed class DurableTests
{
    [Test]
    public void What_was_accepted_arrives_after_the_broker_was_killed_and_only_once_when_it_has_arrived()
    {
        using DurableStage stage = new();
        stage.Post("busctl", 3);
        stage.Restart();
        Process receiver = stage.Receive();
        Assert.That(() => stage.Got("busctl"), Is.EqualTo(["0", "1", "2"]).After(20).Seconds.PollEvery(50).MilliSeconds);
        Assert.That(() => Waiting(stage), Does.Contain(": 0 messages").After(20).Seconds.PollEvery(50).MilliSeconds);

        stage.Restart();
        receiver.WaitForExit();
        stage.Receive();
        stage.Post("then", 1);
        Assert.That(() => stage.Got("then"), Is.EqualTo(["0"]).After(20).Seconds.PollEvery(50).MilliSeconds);
        Assert.That(stage.Got("busctl").Count(), Is.EqualTo(3));
    }

    [Test]
    public void The_service_is_started_for_what_a_former_broker_left_and_a_poison_message_is_set_aside()
    {
        using DurableStage stage = new("Exec={RECEIVER} seed", "X-XCP-MaxDeliveries=2");
        stage.Post("poison", 1);
        stage.Restart();

        Assert.That(() => Waiting(stage), Does.Contain("; 1 set aside").After(40).Seconds.PollEvery(100).MilliSeconds);
        Assert.That(stage.Run($"exec $B buffers show --set-aside {DurableStage.Name} --address=$A").Output, Does.Contain("org.example.Durable.Note(su)"));
        Assert.That(stage.Run($"exec $B buffers retry {DurableStage.Name} --address=$A").Output, Is.EqualTo("1 messages are tried again\n"));
        Assert.That(() => Waiting(stage), Does.Contain("; 1 set aside").After(40).Seconds.PollEvery(100).MilliSeconds);
        Assert.That(stage.Run($"exec $B buffers purge --set-aside {DurableStage.Name} --address=$A").Output, Is.EqualTo("1 messages dropped\n"));
        stage.Restart();
        Assert.That(Waiting(stage), Does.Not.Contain("set aside"));
    }

    [Test]
    public void With_explicit_acknowledgement_a_message_comes_again_until_it_is_acknowledged()
    {
        using DurableStage stage = new("X-XCP-Ack=explicit");
        stage.Post("busctl", 1);
        Process first = stage.Receive();
        Assert.That(() => stage.Got("busctl"), Is.EqualTo(["0"]).After(20).Seconds.PollEvery(50).MilliSeconds);
        Assert.That(Waiting(stage), Does.Contain(": 1 messages"));
        first.Kill();
        first.WaitForExit();
        stage.Receive();

        Assert.That(() => stage.Got("busctl"), Is.EqualTo(["0", "0"]).After(20).Seconds.PollEvery(50).MilliSeconds);
    }

    [Test]
    public void A_bus_without_a_state_directory_refuses_to_promise_anything()
    {
        using Shell shell = new();
        Directory.CreateDirectory(shell.In("services"));
        File.WriteAllText(shell.In("services/durable.service"), $"[D-BUS Service]\nName={DurableStage.Name}\nX-XCP-Durable=yes\n");
        File.WriteAllText(
            shell.In("bus.conf"),
            $"<busconfig><type>session</type><listen>unix:path={shell.In("bus")}</listen><servicedir>{shell.In("services")}</servicedir>"
            + "<policy context='default'><allow user='*'/><allow send_destination='*'/><allow receive_sender='*'/></policy></busconfig>");
        Process broker = shell.Start("exec $B --config-file=$D/bus.conf --nofork --print-address");
        string address = Shell.ReadLine(broker.StandardOutput);
        ShellResult result = shell.Run(
            $"exec busctl --address='{address}' call org.freedesktop.DBus /org/xen/xcp/broker org.xen.xcp.Broker1 Post sssssv {DurableStage.Name} / a.b Note '' s ''");

        Assert.That(result.Error, Does.Contain("keeps no messages on disk"));
    }

    [Test]
    public void What_a_service_that_hung_and_died_had_not_read_is_counted_since_it_may_be_lost()
    {
        using DurableStage stage = new();
        stage.Describe(DurableStage.Plain, "X-XCP-Buffer=yes");
        stage.Restart();
        Process receiver = stage.Receive(DurableStage.Plain);
        Assert.That(stage.Run($"exec busctl --address=$A call {DurableStage.Plain} / org.example.Durable Answer u 1").Output, Is.EqualTo("u 1\n"));
        stage.Run($"kill -STOP {receiver.Id}; for i in 1 2 3; do dbus-send --bus=$A --type=signal --dest={DurableStage.Plain} / org.example.Durable.Told; done");

        // Who comes after them is answered after them: they are in the receiver's socket.
        Assert.That(stage.Statistic("BufferPossiblyLost"), Is.Zero);
        receiver.Kill();

        Assert.That(() => stage.Statistic("BufferPossiblyLost"), Is.EqualTo(3).After(20).Seconds.PollEvery(100).MilliSeconds);
        stage.AwaitBrokerLog($"may not have read 3 messages to {DurableStage.Plain}");
    }

    private static string Waiting(DurableStage stage) => stage.Run("exec $B buffers list --address=$A").Output;
}
