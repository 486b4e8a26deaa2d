using XcpBroker.Startup;

namespace XcpBroker.Broker.Tests.Startup;

public sealed class PidFileTests
{
    private readonly string _directory = Directory.CreateTempSubdirectory("xcp-pid-").FullName;

    private string PidPath => Path.Combine(_directory, "pid");

    [OneTimeTearDown]
    public void RemoveDirectory() => Directory.Delete(_directory, recursive: true);

    [Test]
    public void It_holds_the_process_id_and_is_removed()
    {
        using (PidFile.Create(PidPath))
        {
            Assert.That(File.ReadAllText(PidPath), Is.EqualTo($"{Environment.ProcessId}\n"));
        }

        Assert.That(File.Exists(PidPath), Is.False);
    }

    [Test]
    public void One_that_exists_is_not_touched()
    {
        File.WriteAllText(PidPath, "1\n");

        Assert.That(() => PidFile.Create(PidPath), Throws.TypeOf<StartException>().With.Message.Contains("exists"));
        Assert.That(File.ReadAllText(PidPath), Is.EqualTo("1\n"));
        File.Delete(PidPath);
    }

    [Test]
    public void A_directory_that_is_not_there_is_named() =>
        Assert.That(() => PidFile.Create(Path.Combine(_directory, "none/pid")), Throws.TypeOf<StartException>().With.Message.Contains("none/pid"));

    [Test]
    public void Without_a_path_there_is_none() => Assert.That(PidFile.Create(null), Is.Null);
}
