namespace XcpBroker.EndToEnd.Clients;

/// <summary>dbus-monitor (libdbus): BecomeMonitor.</summary>
[TestFixture]
internal sealed class DbusMonitorTests : ClientFixture
{
    [Test]
    public void It_sees_a_call_and_its_reply()
    {
        using ClientProcess monitor = BeginMonitor();
        _ = DbusSend(Service, ServicePath, $"{Service}.Echo", "variant:string:seen");
        string call = monitor.WaitForLine("member=Echo");
        Assert.That(call, Does.Contain("method call").And.Contain($"destination={Service}").And.Contain("sender=:1."));
        Assert.That(monitor.WaitForLine("\"seen\""), Does.Contain("string"));
        Assert.That(monitor.WaitForLine("method return"), Does.Contain("sender=:1."));
    }

    [Test]
    public void It_prints_arrays_and_dictionaries_that_dbus_send_sent()
    {
        using ClientProcess monitor = BeginMonitor("interface='com.example.Values'");
        Emit("com.example.Values.V", "array:string:a,b", "dict:string:uint32:key,7");
        _ = monitor.WaitForLine("array [");
        Assert.That(monitor.WaitForLine("string").Trim(), Is.EqualTo("string \"a\""));
        Assert.That(monitor.WaitForLine("string").Trim(), Is.EqualTo("string \"b\""));
        _ = monitor.WaitForLine("dict entry(");
        Assert.That(monitor.WaitForLine("string").Trim(), Is.EqualTo("string \"key\""));
        Assert.That(monitor.WaitForLine("uint32").Trim(), Is.EqualTo("uint32 7"));
    }

    [Test]
    public void Its_rules_choose_what_it_sees()
    {
        using ClientProcess monitor = BeginMonitor("type='signal',interface='com.example.Chosen'");
        Emit("com.example.Other.Signal", "string:other");
        Emit("com.example.Chosen.Signal", "string:chosen");
        _ = monitor.WaitForLine("interface=com.example.Chosen; member=Signal");
        _ = monitor.WaitForLine("chosen");
        monitor.Signal("TERM");
        Assert.That(monitor.WaitForExit().Output, Does.Not.Contain("com.example.Other"));
    }

    [Test]
    public void It_sees_peers_come_and_go()
    {
        using ClientProcess monitor = BeginMonitor("type='signal',member='NameOwnerChanged'");
        Emit("com.example.I.Signal");
        _ = monitor.WaitForLine("member=NameOwnerChanged");
        string name = monitor.WaitForLine("string \":1.").Trim();
        Assert.That(monitor.WaitForLine("string").Trim(), Is.EqualTo("string \"\""));
        Assert.That(monitor.WaitForLine("string").Trim(), Is.EqualTo(name));
        _ = monitor.WaitForLine("member=NameOwnerChanged");
        Assert.That(monitor.WaitForLine("string").Trim(), Is.EqualTo(name));
    }

    private ClientProcess BeginMonitor(params IEnumerable<string> rules)
    {
        ClientProcess monitor = Begin("dbus-monitor", ["--address", Address, .. rules]);
        _ = monitor.WaitForLine("member=NameLost");
        return monitor;
    }

    private void Emit(string signal, params IEnumerable<string> values) =>
        Succeed("dbus-send", [$"--bus={Address}", "--type=signal", "/com/example", signal, .. values]);
}
