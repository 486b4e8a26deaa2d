namespace XcpBroker.EndToEnd.Clients;

/// <summary>gdbus (GLib's GDBus).</summary>
[TestFixture]
internal sealed class GdbusTests : ClientFixture
{
    private static readonly string[] Signal = ["--object-path", "/com/example", "--signal", "com.example.Emitted.Done"];

    [Test]
    public void Introspect_shows_a_service() =>
        Assert.That(
            Succeed("gdbus", "introspect", "--address", Address, "--dest", Service, "--object-path", ServicePath),
            Does.Contain($"interface {Service} {{").And.Contain("Echo(in  v value").And.Contain("Announced(s text)"));

    [Test]
    public void Introspect_recurses_through_the_bus() =>
        Assert.That(
            Succeed("gdbus", "introspect", "--address", Address, "--dest", "org.freedesktop.DBus", "--object-path", "/", "--recurse"),
            Does.Contain("node /org/freedesktop/DBus {").And.Contain("RequestName(").And.Contain("BecomeMonitor("));

    [Test]
    public void Call_prints_the_reply() =>
        Assert.That(Call("Echo", "<[(1, 'x')]>").Output, Is.EqualTo("(<[(1, 'x')]>,)\n"));

    [Test]
    public void Call_prints_the_error()
    {
        ClientResult result = Call("Fail", "why");
        Assert.That(result.ExitCode, Is.Not.Zero);
        Assert.That(result.Errors, Does.Contain($"{Service}.Error.Failed").And.Contain("why"));
    }

    [Test]
    public void Monitor_shows_the_signals_of_a_name()
    {
        using ClientProcess monitor = Begin("gdbus", "monitor", "--address", Address, "--dest", Service);
        Assert.That(monitor.WaitForLine($"The name {Service} is owned by"), Does.Contain(":1."));
        _ = Call("Announce", "hello");
        Assert.That(monitor.WaitForLine("Announced"), Is.EqualTo($"{ServicePath}: {Service}.Announced ('hello',)"));
    }

    /// <remarks>With --address and no --dest, gdbus takes the other end for a peer and says no Hello.</remarks>
    [Test]
    public void Emit_broadcasts_a_signal()
    {
        using ClientProcess monitor = Begin("dbus-monitor", "--address", Address, "interface='com.example.Emitted'");
        _ = monitor.WaitForLine("member=NameLost");
        _ = Succeed("gdbus", ["emit", "--session", .. Signal, "'text'", "uint32 7"]);
        Assert.That(monitor.WaitForLine("member=Done"), Does.Contain("destination=(null destination)").And.Contain("path=/com/example"));
        Assert.That(monitor.WaitForLine("string"), Does.Contain("text"));
        Assert.That(monitor.WaitForLine("uint32"), Does.Contain("7"));
    }

    [Test]
    public void Emit_to_one_peer_goes_to_it()
    {
        string reply = DbusSend("org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetNameOwner", $"string:{Service}").Output;
        string owner = reply.Split('"')[1];
        using ClientProcess monitor = Begin("dbus-monitor", "--address", Address, "interface='com.example.Emitted'");
        _ = monitor.WaitForLine("member=NameLost");
        _ = Succeed("gdbus", ["emit", "--address", Address, "--dest", owner, .. Signal]);
        Assert.That(monitor.WaitForLine("member=Done"), Does.Contain($"destination={owner}"));
    }

    [Test]
    public void Wait_ends_when_the_name_is_there()
    {
        using ClientProcess wait = Begin("gdbus", "wait", "--address", Address, "--timeout", "15", "com.example.Awaited");
        using ClientProcess owner = Begin("dbus-test-tool", "black-hole", "--name=com.example.Awaited");
        Assert.That(wait.WaitForExit().ExitCode, Is.Zero);
    }

    [Test]
    public void Wait_ends_at_once_for_a_name_that_is_there() =>
        Succeed("gdbus", "wait", "--address", Address, "--timeout", "15", Service);

    [Test]
    public void Wait_gives_up() =>
        Assert.That(Run("gdbus", "wait", "--address", Address, "--timeout", "1", "com.example.Never").ExitCode, Is.Not.Zero);

    private ClientResult Call(string method, string argument)
    {
        string[] service = ["--address", Address, "--dest", Service, "--object-path", ServicePath];
        return Run("gdbus", ["call", .. service, "--method", $"{Service}.{method}", argument]);
    }
}
