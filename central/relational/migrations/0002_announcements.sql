CREATE EXTENSION IF NOT EXISTS pg_trgm;--> statement-breakpoint
CREATE TABLE "refused_announcement" (
	"gateway_id" integer NOT NULL,
	"device" text NOT NULL,
	"metric" text NOT NULL,
	"point_code" text,
	"unit" text,
	"title" text,
	"place" text,
	"refused" text NOT NULL,
	"detail" text NOT NULL,
	"seen_ms" bigint NOT NULL,
	CONSTRAINT "refused_announcement_gateway_id_device_metric_pk" PRIMARY KEY("gateway_id","device","metric")
);
--> statement-breakpoint
ALTER TABLE "point" ADD COLUMN "accepted_code" text;--> statement-breakpoint
ALTER TABLE "refused_announcement" ADD CONSTRAINT "refused_announcement_gateway_id_gateway_id_fk" FOREIGN KEY ("gateway_id") REFERENCES "public"."gateway"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "point_text_idx" ON "point" USING gin ((coalesce("title", '') || ' ' || coalesce("place", '') || ' ' || "metric" || ' ' || "point_code"::text) gin_trgm_ops);