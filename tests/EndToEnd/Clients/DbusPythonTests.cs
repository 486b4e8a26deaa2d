namespace XcpBroker.EndToEnd.Clients;

/// <summary>dbus-python (libdbus with GLib's main loop), as service and as client.</summary>
[TestFixture]
internal sealed class DbusPythonTests : ClientFixture
{
    [Test]
    public void Values_errors_descriptors_signals_and_names_go_as_they_should()
    {
        ClientResult result = Run("/usr/bin/python3", Script("client.py"));
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        Assert.That(result.Output, Does.EndWith("done\n"));
    }

    [Test]
    public void A_service_that_ends_leaves_its_name()
    {
        using ClientProcess wait = Begin("gdbus", "monitor", "--address", Address, "--dest", "com.example.Leaving");
        _ = wait.WaitForLine("The name com.example.Leaving does not have an owner");
        using (ClientProcess service = Begin("dbus-test-tool", "echo", "--name=com.example.Leaving"))
        {
            _ = wait.WaitForLine("The name com.example.Leaving is owned by");
        }

        _ = wait.WaitForLine("The name com.example.Leaving does not have an owner");
    }
}
