namespace XcpBroker.EndToEnd.Clients;

/// <summary>libdbus' own dbus-test-tool: echo, spam, black-hole.</summary>
[TestFixture]
internal sealed class DbusTestToolTests : ClientFixture
{
    [TestCase("--queue=1")]
    [TestCase("--queue=100")]
    [TestCase("--flood")]
    public void Spam_gets_an_answer_from_echo_to_every_message(string how)
    {
        using ClientProcess echo = BeginNamed("echo", "com.example.Echo");
        const string Spam = "dbus-test-tool spam --dest=com.example.Echo --count=2000 --random-size --seed=7";
        _ = Succeed("sh", "-c", $"echo 0 10 1000 30000 | {Spam} {how}");
    }

    [Test]
    public void Spam_without_replies_arrives_in_full()
    {
        using ClientProcess echo = BeginNamed("black-hole", "com.example.Hole");
        _ = Succeed("dbus-test-tool", "spam", "--dest=com.example.Hole", "--count=5000", "--no-reply", "--payload=text");
        ClientResult owner = DbusSend("org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetNameOwner", "string:com.example.Hole");
        Assert.That(owner.ExitCode, Is.Zero, owner.ToString);
    }

    [Test]
    public void Spam_over_many_connections() =>
        Succeed("dbus-test-tool", "spam", $"--dest={Service}", "--ignore-errors", "--count=200", "--messages-per-conn=5");

    [Test]
    public void A_caller_of_a_black_hole_that_ends_is_told_so()
    {
        using ClientProcess hole = BeginNamed("black-hole", "com.example.Hole2");
        using ClientProcess monitor = Begin("dbus-monitor", "--address", Address, "member='Unanswered'");
        _ = monitor.WaitForLine("member=NameLost");
        string[] how = [$"--bus={Address}", "--print-reply", "--reply-timeout=60000"];
        using ClientProcess caller = Begin("dbus-send", [.. how, "--dest=com.example.Hole2", "/", "com.example.I.Unanswered"]);
        _ = monitor.WaitForLine("member=Unanswered");
        hole.Signal("KILL");
        ClientResult result = caller.WaitForExit();
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Errors, Does.Contain("org.freedesktop.DBus.Error.NoReply"));
    }

    private ClientProcess BeginNamed(string mode, string name)
    {
        ClientProcess tool = Begin("dbus-test-tool", mode, $"--name={name}");
        _ = Succeed("gdbus", "wait", "--address", Address, "--timeout", "15", name);
        return tool;
    }
}
