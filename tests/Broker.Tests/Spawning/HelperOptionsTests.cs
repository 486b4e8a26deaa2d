using XcpBroker.Config.Services;
using XcpBroker.Spawning.Helper;
using XcpBroker.Startup;

namespace XcpBroker.Broker.Tests.Spawning;

public sealed class HelperOptionsTests
{
    [Test]
    public void What_is_written_is_read_back()
    {
        HelperOptions options = new()
        {
            BusAccount = new UserAccount("xcp=broker", 7, 8, [8, 9]),
            ServiceDirectories = ["/a=b", "/c"],
            Environment = new Dictionary<string, string> { ["DBUS_STARTER_ADDRESS"] = "unix:path=/x,guid=y" },
            RemovedAtEnd = ["/run/pid"],
            SystemBus = "unix:path=/system",
            DomainStarter = new DomainStarter(["/usr/sbin/xl", "create", "", "a=%d b"]),
        };

        Assert.That(HelperOptions.TryParse([.. options.ToWords()], out HelperOptions? read), Is.True);
        Assert.That(read!.ToWords(), Is.EqualTo(options.ToWords()));
    }

    [TestCase("user=1", "group=1")]
    [TestCase("name=x", "user=1")]
    [TestCase("name=x", "user=1", "group=1", "bogus=1")]
    [TestCase("name=x", "user=1", "group=1", "directory=relative")]
    [TestCase("name=x", "user=1", "group=1", "remove=relative")]
    [TestCase("name=x", "user=1", "group=1", "environment=X")]
    [TestCase("name=x", "user=1", "group=1", "environment==X")]
    [TestCase("name=x", "user=4294967295", "group=1")]
    [TestCase("name=x", "user=-1", "group=1")]
    [TestCase("name=x", "user=1", "group=1", "word")]
    public void Wrong_words_are_refused(params string[] words) => Assert.That(HelperOptions.TryParse(words, out _), Is.False);
}
