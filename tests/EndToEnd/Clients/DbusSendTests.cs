namespace XcpBroker.EndToEnd.Clients;

/// <summary>dbus-send (libdbus).</summary>
[TestFixture]
internal sealed class DbusSendTests : ClientFixture
{
    [Test]
    public void It_lists_the_names_on_the_bus()
    {
        ClientResult names = DbusSend("org.freedesktop.DBus", "/", "org.freedesktop.DBus.ListNames");
        Assert.That(names.ExitCode, Is.Zero, names.ToString);
        Assert.That(names.Output, Does.Contain("string \"org.freedesktop.DBus\"").And.Contain($"string \"{Service}\""));
        Assert.That(names.Output, Does.Match("string \":1\\.\\d+\""));
    }

    [TestCase("string:hello", "variant       string \"hello\"")]
    [TestCase("int64:-5", "variant       int64 -5")]
    [TestCase("double:0.5", "variant       double 0.5")]
    [TestCase("boolean:true", "variant       boolean true")]
    [TestCase("objpath:/a/b", "variant       object path \"/a/b\"")]
    public void It_calls_a_service_and_prints_the_reply(string argument, string reply)
    {
        ClientResult printed = DbusSend(Service, ServicePath, $"{Service}.Echo", $"variant:{argument}");
        Assert.That(printed.ExitCode, Is.Zero, printed.ToString);
        Assert.That(printed.Output, Does.Contain("destination=:1.").And.Contain(reply));
    }

    [Test]
    public void The_error_of_a_service_reaches_it()
    {
        ClientResult result = DbusSend(Service, ServicePath, $"{Service}.Fail", "string:why");
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Errors, Does.Contain($"Error {Service}.Error.Failed: why"));
    }

    [Test]
    public void A_name_that_nobody_has_is_unknown()
    {
        ClientResult result = DbusSend("org.xen.xcp.nobody", "/", "org.xen.xcp.nobody.Do");
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Errors, Does.Contain("org.freedesktop.DBus.Error.ServiceUnknown").And.Contain("org.xen.xcp.nobody"));
    }

    [Test]
    public void What_it_sends_before_it_leaves_arrives()
    {
        using ClientProcess monitor = Begin("gdbus", "monitor", "--address", Address, "--dest", Service);
        _ = monitor.WaitForLine($"The name {Service} is owned by");
        string[] how = [$"--bus={Address}", "--type=method_call", $"--dest={Service}"];
        _ = Succeed("dbus-send", [.. how, ServicePath, $"{Service}.Announce", "string:fire and forget"]);
        Assert.That(monitor.WaitForLine("Announced"), Does.Contain("fire and forget"));
    }
}
