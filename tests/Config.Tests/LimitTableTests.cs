using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using CsCheck;

namespace XcpBroker.Config.Tests;

public sealed class LimitTableTests
{
    private static readonly Gen<LimitDescription> AnyLimit = Gen.Int[0, LimitTable.All.Count - 1].Select(index => LimitTable.All[index]);

    [Test]
    public void Every_property_has_one_row_and_every_name_is_unique()
    {
        IEnumerable<string> properties = typeof(LimitOptions).GetProperties().Select(property => property.Name);

        Assert.That(LimitTable.All.Select(limit => limit.Property), Is.EquivalentTo(properties));
        Assert.That(LimitTable.All.Select(limit => limit.Name), Is.Unique);
    }

    [Test]
    public void The_name_is_the_propertys_name_in_dbus_daemons_spelling()
    {
        foreach (LimitDescription limit in LimitTable.All)
        {
            string words = string.Concat(limit.Property.Select(letter => char.IsUpper(letter) ? $"_{char.ToLowerInvariant(letter)}" : $"{letter}"));
            Assert.That(limit.Name, Is.EqualTo(words[1..]));
        }
    }

    [Test]
    public void What_is_set_is_read_back_and_nothing_else_changes() => (
        from limit in AnyLimit
        from value in Gen.Long[0, limit.Maximum - 1]
        select (limit, value)).Sample((limit, value) =>
            LimitTable.TrySet(DefaultLimits.Embedded, limit.Name, value.ToString(CultureInfo.InvariantCulture), out LimitOptions? changed, out _)
            && LimitTable.All.All(other => other.Get(changed) == (other == limit ? value : other.Get(DefaultLimits.Embedded))));

    [TestCase("max_message_size", "", "limit max_message_size: '' is not a number from 0 to 1125899906842624")]
    [TestCase("max_message_size", "-1", "limit max_message_size: '-1' is not a number")]
    [TestCase("max_message_size", "+1", "'+1'")]
    [TestCase("max_message_size", "1k", "'1k'")]
    [TestCase("max_message_size", " 1", "' 1'")]
    [TestCase("max_message_size", "0x10", "'0x10'")]
    [TestCase("max_message_size", "1e3", "'1e3'")]
    [TestCase("max_message_size", "1125899906842625", "limit max_message_size: 1125899906842625 is too large, at most 1125899906842624")]
    [TestCase("auth_timeout", "2147483648", "limit auth_timeout: 2147483648 is too large, at most 2147483647")]
    [TestCase("max_names_per_connection", "99999999999999999999", "limit max_names_per_connection: 99999999999999999999 is too large")]
    [TestCase("Max_message_size", "1", "unknown limit 'Max_message_size' (known: max_incoming_bytes, ")]
    [TestCase("", "1", "unknown limit ''")]
    public void A_wrong_limit_is_refused_with_its_name_and_value(string name, string value, string expected)
    {
        Assert.That(LimitTable.TrySet(DefaultLimits.Embedded, name, value, out LimitOptions? changed, out string? error), Is.False);
        Assert.That(changed, Is.Null);
        Assert.That(error, Does.Contain(expected));
    }

    [Test]
    public void No_text_makes_it_throw() => Gen.Select(Gen.OneOf(AnyLimit.Select(limit => limit.Name), Gen.String), Gen.OneOf(Gen.String, Gen.Long.Select(number => $"{number}")))
        .Sample((name, value) => LimitTable.TrySet(DefaultLimits.Embedded, name, value, out _, out string? error) || error.Length > 0);

    [Test]
    public void The_embedded_default_allows_what_its_own_numbers_promise()
    {
        LimitOptions limits = DefaultLimits.Embedded;

        Assert.That(limits.MaxConnectionsPerUser, Is.EqualTo(20_000));
        Assert.That(limits.MaxRepliesPerConnection, Is.EqualTo(50_000));
        Assert.That(limits.MaxMatchRulesPerConnection, Is.EqualTo(50_000));
        Assert.That(limits.MaxMessageSize, Is.EqualTo(32L << 20));
        Assert.That(limits.MaxOutgoingBytes, Is.EqualTo(8L << 20));
        Assert.That(limits.MaxTotalBytes, Is.EqualTo(256L << 20));
        Assert.That(limits.MaxCompletedConnections, Is.GreaterThan(limits.MaxConnectionsPerUser));
    }

    // bus/config-parser.c, bus_config_parser_new
    [Test]
    public void The_system_defaults_are_dbus_daemons()
    {
        long?[] values = [.. LimitTable.All.Select(limit => limit.Get(DefaultLimits.DbusDaemonSystem))];

        Assert.That(values, Is.EqualTo(new long?[]
        {
            133169152, 64, 133169152, 64, 33554432, 16, 25000, 30000, 150000, 2048, 64, 256, 512, 512, 512, 128, null, null, null, 67108864,
        }));
    }

    [Test]
    public void The_session_defaults_are_those_of_the_installed_session_conf()
    {
        XDocument file;
        using (XmlReader reader = XmlReader.Create(
            "/usr/share/dbus-1/session.conf",
            new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore }))
        {
            file = XDocument.Load(reader);
        }

        LimitOptions expected = DefaultLimits.DbusDaemonSystem;
        foreach (XElement limit in file.Root!.Elements("limit"))
        {
            Assert.That(LimitTable.TrySet(expected, limit.Attribute("name")!.Value, limit.Value, out LimitOptions? changed, out string? error), Is.True, error);
            expected = changed!;
        }

        Assert.That(DefaultLimits.DbusDaemonSession, Is.EqualTo(expected));
    }
}
