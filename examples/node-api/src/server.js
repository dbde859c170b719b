const http = require("node:http");

const server = http.createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ path: request.url, status: "ok" }));
});

server.listen(process.env.PORT || 3000);
process.on("SIGTERM", () => server.close());
