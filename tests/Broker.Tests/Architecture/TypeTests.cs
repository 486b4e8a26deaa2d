using System.Reflection;
using System.Runtime.CompilerServices;
using XcpBroker.Auth;
using XcpBroker.Config;
using XcpBroker.Protocol;

namespace XcpBroker.Broker.Tests.Architecture;

/// <summary>House rules that hold for every type of the four assemblies.</summary>
public sealed class TypeTests
{
    private const BindingFlags Statics = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
    private const BindingFlags Instances = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly IEnumerable<Type> Ours =
        new[] { typeof(ErrorNames), typeof(PeerCredentials), typeof(BrokerOptions), typeof(RunningBus) }
            .SelectMany(type => type.Assembly.GetTypes())
            .Where(type => type.Namespace?.StartsWith("XcpBroker", StringComparison.Ordinal) == true && !IsGenerated(type));

    // Statics of our own types that have fields which change, and why that is no state.
    private static readonly Dictionary<string, string> Allowed = new()
    {
        ["XcpBroker.Transport.ReceivedFds.None"] = "of transports that carry no descriptors: nothing is ever added to it",
    };

    [Test]
    public void Every_class_is_sealed_abstract_or_static() =>
        Assert.That(Ours.Where(type => type is { IsClass: true, IsSealed: false, IsAbstract: false }), Is.Empty);

    [Test]
    public void No_static_field_can_be_assigned_again() =>
        Assert.That(StaticFields().Where(field => !field.IsInitOnly && !field.IsLiteral).Select(Name), Is.Empty);

    [Test]
    public void No_static_field_holds_what_can_change() =>
        Assert.That(StaticFields().Where(field => !field.IsLiteral && IsMutable(field.FieldType)).Select(Name).Except(Allowed.Keys), Is.Empty);

    private static IEnumerable<FieldInfo> StaticFields() =>
        Ours.SelectMany(type => type.GetFields(Statics)).Where(field => !field.Name.Contains("__") && (!field.Name.StartsWith('<') || field.Name.Contains("k__BackingField")));

    private static bool IsGenerated(Type? type) =>
        type is not null && (type.Name.StartsWith('<') || type.IsDefined(typeof(CompilerGeneratedAttribute)) || IsGenerated(type.DeclaringType));

    private static string Name(FieldInfo field) => $"{field.DeclaringType}.{field.Name}";

    /// <remarks>Structs cannot change in a readonly field; arrays count as tables here, delegates as functions; of the library's types only its mutable collections are known.</remarks>
    private static bool IsMutable(Type type) =>
        type.Namespace is "System.Collections.Generic" or "System.Collections.Concurrent" && type.IsClass
        || (type.Assembly == typeof(string).Assembly && type.Name is "StringBuilder" or "MemoryStream" or "Random")
        || (type.Namespace?.StartsWith("XcpBroker", StringComparison.Ordinal) == true
            && type is { IsValueType: false, IsInterface: false }
            && !type.IsAssignableTo(typeof(Delegate))
            && type.GetFields(Instances).Any(field => !field.IsInitOnly));
}
