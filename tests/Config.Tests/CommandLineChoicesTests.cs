namespace XcpBroker.Config.Tests;

public sealed class CommandLineChoicesTests
{
    private static readonly AddressSurroundings Surroundings = new("/", null);

    [TestCase(true, false)]
    [TestCase(false, true)]
    public void Sockets_that_systemd_passes_do_not_go_with_fork(bool fork, bool isRun)
    {
        CommandLineChoices choices = new() { Addresses = [new SystemdListenAddress()], Fork = fork };

        Assert.That(choices.TryApply(null, Surroundings, out _, out string? error), Is.EqualTo(isRun));
        Assert.That(error, isRun ? Is.Null : Does.StartWith("systemd:: cannot be used with --fork"));
    }
}
