using System.Reflection;

namespace XcpBroker.Protocol.Tests;

[TestFixture]
internal sealed class DBusErrorTests
{
    private static IEnumerable<MethodInfo> Factories =>
        typeof(DBusError).GetMethods(BindingFlags.Public | BindingFlags.Static).Where(method => method.ReturnType == typeof(DBusError));

    [Test]
    public void No_error_is_the_default() => Assert.That(default(DBusError).IsNone, Is.True);

    // T32: whoever reads the text must see what it is about.
    [TestCaseSource(nameof(Factories))]
    public void The_text_names_all_that_the_error_is_about(MethodInfo factory)
    {
        object[] arguments = [.. factory.GetParameters().Select(Sample)];

        DBusError error = (DBusError)factory.Invoke(null, arguments)!;

        Assert.That(error.IsNone, Is.False);
        Assert.That(error.Name, Does.StartWith("org.freedesktop.DBus.Error."));
        foreach (object argument in arguments)
        {
            Assert.That(error.Message, Does.Contain(argument is TimeSpan time ? $"{time.TotalMilliseconds:0}" : $"{argument:x}"));
        }
    }

    [Test]
    public void A_limit_is_named_with_its_value() =>
        Assert.That(
            DBusError.LimitsExceeded("Match rules of \":1.7\"", "max_match_rules_per_connection", 512).Message,
            Is.EqualTo("Match rules of \":1.7\" would exceed the limit max_match_rules_per_connection=512 of this bus."));

    [Test]
    public void A_method_without_interface_is_looked_for_in_all() =>
        Assert.That(DBusError.UnknownMethod(null, "Do", "/a").Message, Is.EqualTo("No interface of object \"/a\" has a method \"Do\"."));

    [TestCase("", "\"\" is not a valid bus name.")]
    [TestCase("x y", "\"x y\" is not a valid bus name.")]
    public void A_text_of_the_caller_is_quoted(string name, string expected) =>
        Assert.That(DBusError.InvalidBusName(name).Message, Is.EqualTo(expected));

    [Test]
    public void A_long_text_of_the_caller_is_cut_between_characters()
    {
        // The 255th UTF-16 unit is the first half of a character.
        string name = string.Concat(Enumerable.Repeat("😀", 100_000));

        string message = DBusError.InvalidBusName("x" + name).Message;
        string shifted = DBusError.InvalidBusName(name).Message;

        Assert.That(message, Has.Length.LessThan(400).And.Contains("...").And.Contains("200001"));
        Assert.That(() => XcpBroker.Protocol.Marshalling.StrictUtf8.Instance.GetByteCount(message + shifted), Throws.Nothing);
    }

    private static object Sample(ParameterInfo parameter) =>
        parameter.ParameterType == typeof(string) ? $"sample-{parameter.Name}"
        : parameter.ParameterType == typeof(TimeSpan) ? TimeSpan.FromMilliseconds(8)
        : Convert.ChangeType(8, parameter.ParameterType, System.Globalization.CultureInfo.InvariantCulture);
}
