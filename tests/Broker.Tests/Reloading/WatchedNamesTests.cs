using XcpBroker.Config;
using XcpBroker.Reloading;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Reloading;

/// <summary>Which changes call for a reload.</summary>
internal sealed class WatchedNamesTests
{
    [Test]
    public void Files_and_directories_of_a_configuration_are_watched()
    {
        IReadOnlyDictionary<string, WatchedNames> watched = Watched(_ => true);

        Assert.That(watched.Keys, Is.EquivalentTo((string[])["/etc/bus", "/etc/bus/conf.d", "/usr/share/services", "/run/services"]));
        Assert.That(watched["/etc/bus"].Concerns("bus.conf"), Is.True);
        Assert.That(watched["/etc/bus"].Concerns("bus.conf~"), Is.False);
        Assert.That(watched["/etc/bus/conf.d"].Concerns("new.conf"), Is.True);
        Assert.That(watched["/etc/bus/conf.d"].Concerns("new.conf.dpkg-tmp"), Is.False);
        Assert.That(watched["/usr/share/services"].Concerns("a.service"), Is.True);
    }

    [Test]
    public void For_what_is_missing_its_nearest_ancestor_is_watched_until_it_comes()
    {
        IReadOnlyDictionary<string, WatchedNames> watched = Watched(directory => directory is "/" or "/etc" or "/etc/bus" or "/usr");

        Assert.That(watched.Keys, Is.EquivalentTo((string[])["/etc/bus", "/usr", "/"]));
        Assert.That(watched["/etc/bus"].Concerns("conf.d"), Is.True);
        Assert.That(watched["/etc/bus"].Concerns("new.conf"), Is.False);
        Assert.That(watched["/usr"].Concerns("share"), Is.True);
        Assert.That(watched["/usr"].Concerns("a.service"), Is.False);
    }

    [Test]
    public void Without_a_configuration_nothing_is_watched() =>
        Assert.That(WatchedNames.Of(InMemoryBroker.Options(), _ => true), Is.Empty);

    private static IReadOnlyDictionary<string, WatchedNames> Watched(Func<string, bool> exists)
    {
        BrokerOptions options = InMemoryBroker.Options();
        return WatchedNames.Of(options with
        {
            Configuration = new BusConfiguration
            {
                File = "/etc/bus/bus.conf",
                Limits = options.Limits,
                Policy = options.Policy,
                Files = ["/etc/bus/bus.conf", "/etc/bus/conf.d/old.conf"],
                Directories = ["/etc/bus/conf.d"],
            },
            ServiceDirectories = [new ServiceDirectory("/usr/share/services", IsTransient: false, false), new ServiceDirectory("/run/services", IsTransient: true, false)],
        }, exists);
    }
}
