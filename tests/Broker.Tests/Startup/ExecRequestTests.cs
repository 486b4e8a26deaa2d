using CsCheck;
using XcpBroker.Startup;

namespace XcpBroker.Broker.Tests.Startup;

public sealed class ExecRequestTests
{
    private static readonly Gen<uint> Id = Gen.UInt[0, uint.MaxValue - 1];

    private static readonly Gen<ExecRequest> Request =
        from session in Gen.Bool
        from files in Gen.Select(Gen.Bool, Gen.ULong, Gen.ULong)
        from groups in Gen.Select(Gen.Bool, Id.Array[0, 5])
        from switches in Gen.Select(Gen.Bool, Gen.Bool)
        from status in Gen.Int[-1, 100]
        from ids in Gen.Select(Gen.Bool, Id, Id)
        select new ExecRequest
        {
            NewSession = session,
            RootDirectory = switches.Item1,
            PlainOomScore = switches.Item2,
            StatusDescriptor = status < 0 ? null : status,
            OpenFiles = files.Item1 ? new OpenFileLimit(files.Item2, files.Item3) : null,
            Groups = groups.Item1 ? groups.Item2 : null,
            GroupId = ids.Item1 ? ids.Item2 : null,
            UserId = ids.Item1 ? ids.Item3 : null,
        };

    [Test]
    public void What_is_written_is_read_back() => Request.Sample(request =>
        ExecRequest.TryParse([.. request.ToWords()], out ExecRequest? read)
        && (read with { Groups = null }) == (request with { Groups = null })
        && (read.Groups ?? []).SequenceEqual(request.Groups ?? [])
        && (read.Groups is null) == (request.Groups is null));

    [TestCase("bogus")]
    [TestCase("session=1")]
    [TestCase("rootdir=1")]
    [TestCase("oomscore=0")]
    [TestCase("status")]
    [TestCase("status=2147483648")]
    [TestCase("files=1")]
    [TestCase("files=1,2,3")]
    [TestCase("files=-1,2")]
    [TestCase("user=")]
    [TestCase("user=1,2")]
    [TestCase("user=4294967295")]
    [TestCase("group=99999999999999999999")]
    [TestCase("groups=1,x")]
    [TestCase("")]
    public void A_word_that_is_none_is_refused(string word) => Assert.That(ExecRequest.TryParse([word], out _), Is.False);
}
