"use strict";
// Renders /openapi.json. Texts are set as text, never as markup.

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function resolved(schema, document_) {
  while (schema && schema.$ref) {
    schema = schema.$ref.split("/").slice(1).reduce((part, key) => part[key], document_);
  }
  return schema || {};
}

function typeOf(schema, document_) {
  schema = resolved(schema, document_);
  if (schema.oneOf) return schema.oneOf.map((part) => typeOf(part, document_)).join(" or ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(", ");
  let said = [].concat(schema.type || "anything").join(" or ");
  if (schema.type === "array") said = `list of ${typeOf(schema.items, document_)}`;
  const least = schema.minimum ?? schema.minItems, most = schema.maximum ?? schema.maxItems ?? schema.maxLength;
  if (least !== undefined || most !== undefined) said += ` (${least ?? ""} to ${most ?? ""})`;
  return said;
}

function fields(schema, document_, prefix = "") {
  schema = resolved(schema, document_);
  if (schema.oneOf) return schema.oneOf.flatMap((part) => fields(part, document_, prefix));
  if (schema.type === "array") return fields(schema.items, document_, `${prefix}[]`);
  const rows = [];
  for (const [name, part] of Object.entries(schema.properties || {})) {
    const path = prefix ? `${prefix}.${name}` : name;
    const needed = (schema.required || []).includes(name) ? "needed" : "";
    rows.push([path, typeOf(part, document_), needed, resolved(part, document_).description || ""]);
    rows.push(...fields(part, document_, path));
  }
  return rows;
}

function table(head, rows) {
  const line = (cells, kind) => element("tr", {}, ...cells.map((cell) => element(kind, {}, cell)));
  return element("table", {}, line(head, "th"), ...rows.map((row) => line(row, "td")));
}

const EXAMPLE = {
  product: { image: "media:...", description: "A leather bag with a golden clasp", selling_points: ["Soft Leather", "Rosa Bag"] },
  history: [],
  options: { size: [512, 512], seed: 1 },
};

function trial(path, method, operation) {
  const types = Object.keys(operation.requestBody?.content || {});
  const result = element("div");
  const place = element("input", { value: path, size: 60 });
  const text = element("textarea", { value: JSON.stringify(EXAMPLE, null, 2), spellcheck: false });
  const file = element("input", { type: "file", accept: "image/*" });
  const button = element("button", { textContent: "Send" });
  button.addEventListener("click", async () => {
    const headers = {}, key = document.getElementById("key").value;
    if (key) headers.Authorization = `Bearer ${key}`;
    let body;
    if (types.includes("application/json")) {
      headers["Content-Type"] = "application/json";
      body = text.value;
    } else if (types.length) {
      body = new FormData();
      if (file.files.length) body.append("file", file.files[0]);
    }
    result.replaceChildren(element("p", { textContent: "..." }));
    try {
      const answer = await fetch(place.value.replace(/^\//, ""), { method: method.toUpperCase(), headers, body });
      const parts = [element("p", { textContent: `${answer.status} ${answer.statusText}` })];
      const kind = answer.headers.get("content-type") || "";
      if (kind.startsWith("image/")) {
        parts.push(element("img", { src: URL.createObjectURL(await answer.blob()) }));
      } else {
        const said = await answer.text();
        parts.push(element("pre", { textContent: kind.includes("json") ? JSON.stringify(JSON.parse(said), null, 2) : said }));
      }
      result.replaceChildren(...parts);
    } catch (error) {
      result.replaceChildren(element("p", { textContent: String(error) }));
    }
  });
  const inputs = types.includes("application/json") ? [text] : types.length ? [file] : [];
  return element("div", {}, element("h3", { textContent: "Try it" }), place, ...inputs, element("br"), button, result);
}

function shown(path, method, operation, document_) {
  const parts = [
    element("summary", {}, element("span", { className: "method", textContent: method.toUpperCase() }),
      element("code", { textContent: path }),
      element("span", { className: "said", textContent: (operation.description || "").split("\n")[0] })),
    element("p", { textContent: operation.description || "" }),
  ];
  for (const [kind, content] of Object.entries(operation.requestBody?.content || {})) {
    parts.push(element("h3", { textContent: `Body (${kind})` }));
    parts.push(table(["field", "type", "", ""], fields(content.schema, document_)));
  }
  parts.push(element("h3", { textContent: "Answers" }));
  for (const [status, answer] of Object.entries(operation.responses)) {
    const kinds = Object.keys(answer.content || {}).join(", ");
    parts.push(element("p", {}, element("code", { textContent: status }), ` ${answer.description} ${kinds}`));
    if (status.startsWith("2") && answer.content?.["application/json"]) {
      parts.push(table(["field", "type", "", ""], fields(answer.content["application/json"].schema, document_)));
    }
  }
  parts.push(trial(path, method, operation));
  return element("details", {}, ...parts);
}

fetch("openapi.json").then((answer) => answer.json()).then((document_) => {
  document.getElementById("summary").textContent = `${document_.info.summary} (version ${document_.info.version})`;
  const operations = Object.entries(document_.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => shown(path, method, operation, document_)));
  document.getElementById("operations").append(...operations);
});
